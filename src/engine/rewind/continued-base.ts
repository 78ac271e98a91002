import { baseIn } from '../../domain/archive/base.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import type { ChosenBase } from '../../domain/rewind/base.ts';
import { each } from '../each.ts';
import type { RewindNode } from './options.ts';

/** The base that an earlier run has chosen. @throws NO_BASE where it is gone */
export async function continuedBase(nodes: readonly RewindNode[], tag: string): Promise<ChosenBase> {
  const places = await each(nodes, async ({ node, volume }) => {
    const place = baseIn((await volume.read(tag)).marker);
    if (place !== null) return [node.name, place] as const;
    throw new KassetteError(
      'NO_BASE',
      `Backup ${tag}, from which the rewind has begun, is not complete on ${node.name} any more.`,
      hint`The state before the rewind is kept: run ${kassette('rewind', '--undo')}.`,
    );
  });
  return { tag, on: new Map(places) };
}

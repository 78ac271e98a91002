import type { Manifest } from '../../domain/backup/manifest.ts';
import type { Ports } from '../../ports/ports.ts';
import { verifiedManifest } from '../cold/volume/verify.ts';
import { each } from '../each.ts';
import type { RewindNode, RewindOptions } from './options.ts';

/** Of every node, each file of its backup in its place. */
export async function manifestsOf(
  ports: Pick<Ports, 'progress'>,
  nodes: readonly RewindNode[],
  tag: string,
  { signal }: Pick<RewindOptions, 'signal'>,
): Promise<ReadonlyMap<string, Manifest>> {
  const asked = { tag, verify: 'quick', again: false, elsewhere: false, keepDisplaced: false } as const;
  const found = await each(nodes, async ({ node, volume }) => {
    const expected = { cluster: node.cluster, node: node.name };
    const options = { ...asked, dryRun: true, listed: false, signal, expected };
    return [
      node.name,
      await verifiedManifest(volume, await volume.backups(), options, ports.progress),
    ] as const;
  });
  return new Map(found);
}

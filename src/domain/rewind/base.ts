import { type Base, baseIn } from '../archive/base.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { secondText } from './target.ts';

/** A backup that one volume has. */
export interface CandidatePart {
  readonly node: string;
  readonly tag: string;
  /** The text of its complete marker; null where it has none. */
  readonly marker: string | null;
}

/** The backup on which the log is replayed. */
export interface ChosenBase {
  readonly tag: string;
  /** By node name. */
  readonly on: ReadonlyMap<string, Base>;
}

/**
 * The newest backup that every node has whole, with its place in the log, and that was made until the target.
 * @param since when the database became another one without its log saying so, ISO 8601: by a restore, or by an earlier rewind; null where it did not
 * @throws NO_BASE
 */
export function chooseBase(
  nodes: readonly string[],
  parts: readonly CandidatePart[],
  target: Date,
  since: string | null,
): ChosenBase {
  const bases = [...Map.groupBy(parts, (p) => p.tag)]
    .flatMap(([tag, own]) => placedOnAll(tag, own, nodes))
    .toSorted((a, b) => (a.tag < b.tag ? 1 : -1));
  const usable = bases.filter(
    (b) => since === null || [...b.on.values()].every((place) => place.startedAt > since),
  );
  const chosen = usable.find((b) =>
    [...b.on.values()].every((p) => Date.parse(p.endedAt) <= target.getTime()),
  );
  if (chosen !== undefined) return chosen;
  const earliest = usable.at(-1);
  const why =
    earliest !== undefined
      ? `the oldest that every node has, ${earliest.tag}, was whole at ${latestOf(earliest)}`
      : bases.length > 0
        ? `the database became another one at ${since}, by a restore or a rewind, and every backup is older`
        : parts.length > 0
          ? 'no backup is complete on every node and says where in the log it was made: the nodes archived no log by then'
          : 'there is none';
  throw new KassetteError(
    'NO_BASE',
    `There is no backup in the volumes from which ${secondText(target)} can be reached: ${why}.`,
    earliest !== undefined
      ? hint`Nothing was changed. Choose a second from ${latestOf(earliest)} on.`
      : hint`Nothing was changed. From the next ${kassette('before-backup')} on every later second can be reached. What is older: restore volumes from a restore point, then run ${kassette('after-restore')}.`,
  );
}

function placedOnAll(tag: string, own: readonly CandidatePart[], nodes: readonly string[]): ChosenBase[] {
  const on = new Map<string, Base>();
  for (const node of nodes) {
    const place = baseIn(own.find((p) => p.node === node)?.marker ?? null);
    if (place === null) return [];
    on.set(node, place);
  }
  return [{ tag, on }];
}

/** The first second that can be reached from it. */
function latestOf({ on }: ChosenBase): string {
  const ms = Math.max(...[...on.values()].map((p) => Date.parse(p.endedAt)));
  return secondText(new Date(Math.ceil(ms / 1000) * 1000));
}

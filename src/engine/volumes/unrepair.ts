import { basename } from 'node:path';
import type { Node } from '../../domain/cluster/topology.ts';
import type { PlannedLinks } from '../../domain/restore/link-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import { firstFew } from '../../domain/sentence.ts';
import { parseComponent } from '../../domain/sstables/sstable.ts';
import { UnreadableStatistics, unrepaired } from '../../domain/sstables/statistics.ts';
import type { Ports } from '../../ports/ports.ts';
import type { Replacement } from '../../ports/volumes.ts';

/** Read and written at a time: they pass through the memory of this process. */
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** Tables, quoted, whose rows are not repaired any more, and those of which that could not be read. */
export interface Unrepaired {
  readonly changed: Set<string>;
  readonly unread: Set<string>;
}

export const nothingUnrepaired = (): Unrepaired => ({ changed: new Set(), unread: new Set() });

/** Whether there is anything to do for `unrepair`. */
export function saysAnyRepaired(links: readonly PlannedLinks[]): boolean {
  return links.some(({ unrepaired: files }) => !files[Symbol.iterator]().next().done);
}

/**
 * Of tables whose nodes may disagree on what is repaired, have no SSTable of this node call its rows repaired, before any is loaded.
 * The backup's files stay as they are.
 */
export async function unrepair(
  { volumes }: Pick<Ports, 'volumes'>,
  node: Node,
  links: readonly PlannedLinks[],
  found: Unrepaired,
  signal: AbortSignal,
): Promise<void> {
  for (const files of inBatches(links)) {
    signal.throwIfAborted();
    const bytes = await volumes.readSegments(
      node,
      files.map(({ path, bytes: length }) => ({ path, offset: 0, bytes: length })),
    );
    let at = 0;
    const replaced = files.flatMap(({ path, bytes: length, table }): Replacement[] => {
      at += length;
      const content = withoutRepair(path, bytes.subarray(at - length, at), table, found);
      return content === null ? [] : [{ path, content }];
    });
    await volumes.replace(node, replaced);
  }
}

function withoutRepair(path: string, file: Buffer, table: string, found: Unrepaired): Buffer | null {
  const name = parseComponent(basename(path));
  try {
    const content = name === null ? null : unrepaired(name, file);
    if (content !== null) found.changed.add(table);
    return content;
  } catch (error) {
    if (!(error instanceof UnreadableStatistics)) throw error;
    found.unread.add(table);
    return null;
  }
}

interface Statistics {
  readonly path: string;
  readonly bytes: number;
  readonly table: string;
}

function* inBatches(links: readonly PlannedLinks[]): Generator<readonly Statistics[]> {
  let [batch, size]: [Statistics[], number] = [[], 0];
  for (const { keyspace, table: name, unrepaired: files } of links) {
    for (const file of files) {
      if (batch.length > 0 && size + file.bytes > BYTES_AT_ONCE) {
        yield batch;
        [batch, size] = [[], 0];
      }
      batch.push({ ...file, table: qualified(keyspace, name) });
      size += file.bytes;
    }
  }
  if (batch.length > 0) yield batch;
}

export function warnOfUnrepaired(
  { progress }: Pick<Ports, 'progress'>,
  { changed, unread }: Unrepaired,
): void {
  if (changed.size > 0)
    progress.warn(
      `${shown(changed)}: nodes may disagree in this backup on which rows are repaired, so all of them are loaded as not repaired. The next incremental repair compares them as a whole.`,
    );
  if (unread.size > 0)
    progress.warn(
      `${shown(unread)}: what is repaired there cannot be read, and is as in the backup, where nodes may disagree. Run a full repair (\`nodetool repair --full\`) of these tables.`,
    );
}

const shown = (tables: ReadonlySet<string>) => firstFew([...tables].toSorted());

import { crc32 } from 'node:zlib';
import type { Node } from '../../domain/cluster/topology.ts';
import { type PlannedLinks, planLinks, type Rename } from '../../domain/restore/link-plan.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { qualified } from '../../domain/schema/cql-text.ts';
import { firstGeneration } from '../../domain/sstables/sstable.ts';
import type { GranularTable } from '../../domain/tables/table-plan.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import type { LinkTarget } from '../../ports/volumes.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { notAsSaved } from '../schema/not-as-saved.ts';
import { nothingUnrepaired, saysAnyRepaired, unrepair, warnOfUnrepaired } from '../volumes/unrepair.ts';
import type { HeldTables } from './held-tables.ts';
import { loadTable } from './load-table.ts';

/** Tables that one node loads at a time. */
const REFRESHES_AT_ONCE = 4;

/** What is to be linked where. */
interface Linkable {
  readonly session: CqlSession;
  readonly tag: string;
  readonly backups: readonly {
    readonly node: Node;
    readonly tables: HeldTables;
    readonly highestLinkedGeneration: number;
  }[];
}

/** Tables and views that were truncated before, or have just been created; null where rows are added to live tables. */
type Emptied = readonly { readonly keyspace: string; readonly name: string }[] | null;

/** What was linked on one node. */
export interface LinkedNode {
  readonly node: Node;
  /** Links have this generation or higher ones; Cassandra's own files lower ones. */
  readonly firstGeneration: number;
  readonly targets: readonly Target[];
  /** What the node's record of truncations said of each target before anything was loaded. */
  readonly truncations: Uint32Array;
}

/** A live directory that files went into. All nodes have the same ones as a rule, so the objects are shared. */
interface Target {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
}

/** A view that is rebuilt is there again only when its table is loaded. */
export function emptiedIn<T extends Pick<GranularTable, 'action'>>(tables: readonly T[]): readonly T[] {
  return tables.filter((t) => t.action !== 'rebuild');
}

export async function link(
  ports: Ports,
  facts: Linkable,
  options: CommonOptions,
  { emptied, rename }: { readonly emptied: Emptied; readonly rename?: Rename | undefined },
): Promise<readonly LinkedNode[]> {
  const ids = await facts.session.tableIds();
  const directories = emptied?.flatMap((t) => directoryOf(t, ids.get(tableKey(t))));
  const known = new Map<string, Target>();
  const found = nothingUnrepaired();
  // What all nodes of the backup called repaired is so on all of them, once all have loaded it; added to live rows and cut off it is not.
  const isMerge = emptied === null;
  const linked = await ports.progress.step('Linking files', async (report) => {
    let done = 0;
    return each(
      facts.backups,
      async ({ node, tables, highestLinkedGeneration }) => {
        const generation = firstGeneration(highestLinkedGeneration);
        const links = planLinks(tables.unpack(), ids, generation, rename, isMerge ? () => true : undefined);
        const targets = targetsOf(links, known);
        const truncations = await truncationsOn(facts.session, node, targets);
        const into = intoOf(generation, directories);
        const linkOnly = (components: Pick<LinkTarget, 'components'>) =>
          ports.volumes.link(node, facts.tag, links, { ...into, ...components });
        if (saysAnyRepaired(links)) {
          warnOfStrays(ports, node, await linkOnly({ components: 'others' }));
          // As long as there is no Data.db a Cassandra that is started loads none of it as repaired.
          await unrepair(ports, node, links, found, options.signal);
          await linkOnly({ components: 'data' });
        } else warnOfStrays(ports, node, await linkOnly({}));
        report.count(++done, facts.backups.length);
        return { node, firstGeneration: generation, targets, truncations };
      },
      options,
    );
  });
  warnOfUnrepaired(ports, isMerge ? { ...found, changed: new Set() } : found);
  return linked;
}

function intoOf(firstGeneration: number, emptied: readonly string[] | undefined): LinkTarget {
  return emptied === undefined
    ? { firstGeneration, state: 'filled' }
    : { firstGeneration, state: 'emptied', emptied };
}

/** Below a data directory. */
function directoryOf({ keyspace, name }: { keyspace: string; name: string }, id: string | undefined) {
  return id === undefined ? [] : [`${keyspace}/${name}-${id.replaceAll('-', '')}`];
}

function warnOfStrays(ports: Ports, node: Node, [first, ...more]: readonly string[]): void {
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` and ${more.length} more`;
  ports.progress.warn(
    `${node.name} had files in its tables' directories that its Cassandra did not know and would have loaded at its next start: moved to ${first}${others}. Remove them once their rows are not missed.`,
  );
}

function targetsOf(links: readonly PlannedLinks[], known: Map<string, Target>): readonly Target[] {
  const targets = links.map(({ keyspace, table, target: directory }) => {
    const target = known.get(directory) ?? { keyspace, table, directory };
    known.set(directory, target);
    return target;
  });
  return [...new Set(targets)];
}

export async function load(
  ports: Ports,
  session: CqlSession,
  all: readonly LinkedNode[],
  options: CommonOptions,
): Promise<void> {
  // A table in several data directories is loaded from all of them at once.
  const tablesOf = ({ targets }: LinkedNode) =>
    [...Map.groupBy(targets, (t) => `${t.keyspace}.${t.table}`).values()].flatMap((own) =>
      own[0] === undefined ? [] : { ...own[0], directories: own.map((t) => t.directory) },
    );
  const total = all.reduce((n, linked) => n + tablesOf(linked).length, 0);
  await ports.progress.step('Loading tables', async (report) => {
    let done = 0;
    const note = (text: string) => report.note(text);
    const loadNode = (linked: LinkedNode) =>
      each(
        tablesOf(linked),
        async ({ keyspace, table, directories }) => {
          const { node, firstGeneration: first } = linked;
          await loadTable(
            ports,
            session,
            { node, keyspace, table, directories, first },
            { ...options, note },
          );
          report.count(++done, total);
        },
        { concurrency: REFRESHES_AT_ONCE, signal: options.signal },
      );
    await each(all, loadNode, options);
  });
}

/** A checksum of each target's record: those of all nodes are held at a time. */
async function truncationsOn(
  session: CqlSession,
  node: Node,
  targets: readonly Target[],
): Promise<Uint32Array> {
  const records = await session.truncations(node);
  const recordOf = ({ directory }: Target) => records.get(directory.slice(directory.lastIndexOf('-') + 1));
  return Uint32Array.from(targets, (target) => crc32(recordOf(target) ?? ''));
}

/**
 * Every linked file was taken in by Cassandra, which renames what it loads, and no table was truncated after that: a coordinator
 * may still have had a TRUNCATE of a run that was cut off.
 * @throws VERIFY_FAILED
 */
export async function verifyLoaded(
  ports: Ports,
  session: CqlSession,
  all: readonly LinkedNode[],
  options: CommonOptions,
): Promise<void> {
  await each(
    all,
    async ({ node, targets, firstGeneration: first, truncations }) => {
      const now = await truncationsOn(session, node, targets);
      const late = targets.find((_, i) => now[i] !== truncations[i]);
      if (late !== undefined) {
        throw notAsSaved(`${qualified(late.keyspace, late.table)} was truncated once more on ${node.name}`);
      }
      const directories = targets.map((t) => t.directory);
      const left = await ports.volumes.notLoaded(node, directories, first);
      if (left.size > 0)
        throw notAsSaved(`${node.name} did not load all files of ${[...left.keys()].join(', ')}`);
    },
    options,
  );
}

import { KassetteError } from '../../domain/errors.ts';
import { type Journal, renderJournal } from '../../domain/journal.ts';
import { type PlannedLinks, planLinks } from '../../domain/link-plan.ts';
import type { PlannedStatement, RestorePlan } from '../../domain/restore-plan.ts';
import { totals } from '../../domain/restore-plan.ts';
import { firstDifference, keyOf, parseSchema, sameDefinition, schemaText } from '../../domain/schema.ts';
import { firstGeneration } from '../../domain/sstable.ts';
import type { Node } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { waitForAgreement } from './agreement.ts';
import type { Ending } from './finish.ts';
import type { NodeBackup, RestoreFacts } from './observe.ts';
import type { RestoreOptions } from './options.ts';
import { givePermissionsBack, madeAnew } from './permissions.ts';

/** More at a time gain nothing: a truncate is a flush and a snapshot on every node. */
const TRUNCATES_AT_ONCE = 16;
/** Tables that one node loads at a time. */
const REFRESHES_AT_ONCE = 4;

/**
 * Replace the live data by the backup. Everything was checked; from `drop` on, live data go away. Killed at any point, a
 * new run does it all again from the snapshots, which nothing here touches.
 */
export async function act(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  options: RestoreOptions,
): Promise<Ending> {
  const made = madeAnew(facts, plan);
  const journals = await begin(ports, facts, plan, made, options);
  await drop(ports, facts, plan, options);
  await truncate(ports, facts, plan, options);
  await create(ports, facts, plan, options);
  const links = await link(ports, facts, options);
  await load(ports, links, options);
  await verify(ports, facts, links, options);
  await givePermissionsBack(ports, facts, made, options);
  await ports.progress.step('Recording that all is loaded', () =>
    recordLoaded(ports, facts, journals, options),
  );
  return { tag: facts.tag, journals, method: 'warm', ...loads(plan) };
}

/** Write the journals: from here on an interrupted run is known to be one. Hints would bring newer writes back. */
async function begin(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  made: ReadonlySet<string>,
  options: RestoreOptions,
) {
  const startedAt = ports.clock.now().toISOString();
  return ports.progress.step('Writing the journal', async () => {
    const pairs = await each(
      facts.backups,
      async ({ node, journal: earlier, automatic }: NodeBackup) => {
        options.signal.throwIfAborted();
        const journal: Journal = {
          version: 1,
          tag: facts.tag,
          stage: 'replacing',
          startedAt,
          // An earlier run's view counts: what it found is older than anything that either run made.
          automatic: [...(earlier?.automatic ?? automatic)],
          made: [...made],
          ...loads(plan),
        };
        await ports.volumes.begin(node, facts.tag, renderJournal(journal));
        await ports.control.truncateHints(node);
        return [node.name, journal] as const;
      },
      options,
    );
    return new Map(pairs);
  });
}

function loads(plan: RestorePlan) {
  const { tables, files, bytes } = totals(plan);
  return { tables, files, bytes };
}

async function recordLoaded(
  ports: Ports,
  { backups, tag }: RestoreFacts,
  journals: ReadonlyMap<string, Journal>,
  options: RestoreOptions,
): Promise<void> {
  const write = async ({ node }: NodeBackup) => {
    const journal = journals.get(node.name);
    if (journal === undefined) return;
    await ports.volumes.writeJournal(node, tag, renderJournal({ ...journal, stage: 'loaded' }));
  };
  await each(backups, write, options);
}

async function drop(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  options: RestoreOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  if (plan.drops.length === 0) return;
  await ports.progress.step('Dropping what the backup has not or has otherwise', async (report) => {
    await change(facts, plan.drops, options, (done) => report.count(done, plan.drops.length));
    await waitForAgreement(ports, facts.cluster, options);
  });
}

async function truncate(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  { signal }: RestoreOptions,
): Promise<void> {
  await ports.progress.step('Emptying tables', async (report) => {
    let done = 0;
    const empty = async ({ keyspace, name }: RestorePlan['truncates'][number]) => {
      await facts.session.truncate(keyspace, name);
      report.count(++done, plan.truncates.length);
    };
    await each(plan.truncates, empty, { concurrency: TRUNCATES_AT_ONCE, signal });
  });
}

/** Views come after their tables are emptied: one that is made on a full table would be built from what is there. */
async function create(
  ports: Ports,
  facts: RestoreFacts,
  plan: RestorePlan,
  options: RestoreOptions,
): Promise<void> {
  if (plan.creates.length === 0) return;
  await ports.progress.step('Making what is missing', async (report) => {
    await change(facts, plan.creates, options, (done) => report.count(done, plan.creates.length));
    await waitForAgreement(ports, facts.cluster, options);
  });
}

async function change(
  { session }: RestoreFacts,
  statements: readonly PlannedStatement[],
  { signal }: RestoreOptions,
  report: (done: number) => void,
): Promise<void> {
  for (const [i, { statement }] of statements.entries()) {
    signal.throwIfAborted();
    await session.change(statement);
    report(i + 1);
  }
}

/** What was linked on one node. */
interface LinkedNode {
  readonly node: Node;
  /** Links have this generation or higher ones; Cassandra's own files lower ones. */
  readonly firstGeneration: number;
  readonly targets: readonly Target[];
}

/** A live directory that files went into. All nodes have the same ones as a rule, so the objects are shared. */
interface Target {
  readonly keyspace: string;
  readonly table: string;
  readonly directory: string;
}

async function link(
  ports: Ports,
  facts: RestoreFacts,
  options: RestoreOptions,
): Promise<readonly LinkedNode[]> {
  const ids = await facts.session.tableIds();
  const known = new Map<string, Target>();
  return ports.progress.step('Linking files', async (report) => {
    let done = 0;
    return each(
      facts.backups,
      async ({ node, tables, highestLinkedGeneration }) => {
        const generation = firstGeneration(highestLinkedGeneration);
        const links = planLinks(tables.unpack(), ids, generation);
        await ports.volumes.link(node, facts.tag, links);
        report.count(++done, facts.backups.length);
        return { node, firstGeneration: generation, targets: targetsOf(links, known) };
      },
      options,
    );
  });
}

function targetsOf(links: readonly PlannedLinks[], known: Map<string, Target>): readonly Target[] {
  const targets = links.map(({ keyspace, table, target: directory }) => {
    const target = known.get(directory) ?? { keyspace, table, directory };
    known.set(directory, target);
    return target;
  });
  return [...new Set(targets)];
}

async function load(ports: Ports, all: readonly LinkedNode[], options: RestoreOptions): Promise<void> {
  // A table in several data directories is loaded from all of them at once.
  const tablesOf = (targets: readonly Target[]) => [
    ...new Map(targets.map((t) => [`${t.keyspace}.${t.table}`, t])).values(),
  ];
  const total = all.reduce((n, { targets }) => n + tablesOf(targets).length, 0);
  await ports.progress.step('Loading tables', async (report) => {
    let done = 0;
    const loadNode = ({ node, targets }: LinkedNode) =>
      each(
        tablesOf(targets),
        async ({ keyspace, table }) => {
          await ports.control.refresh(node, keyspace, table);
          report.count(++done, total);
        },
        { concurrency: REFRESHES_AT_ONCE, signal: options.signal },
      );
    await each(all, loadNode, options);
  });
}

/** Every linked file was taken in by Cassandra, which renames what it loads, and the schema is the saved one. */
async function verify(
  ports: Ports,
  facts: RestoreFacts,
  all: readonly LinkedNode[],
  options: RestoreOptions,
): Promise<void> {
  await ports.progress.step('Verifying', async () => {
    await each(
      all,
      async ({ node, targets, firstGeneration: first }) => {
        const directories = targets.map((t) => t.directory);
        const left = await ports.volumes.notLoaded(node, directories, first);
        if (left.length > 0) throw notAsSaved(`${node.name} did not load all files of ${left.join(', ')}`);
      },
      options,
    );
    const live = new Map(
      parseSchema(schemaText(await facts.session.describeSchema())).map((o) => [keyOf(o), o]),
    );
    for (const object of facts.saved) {
      const counterpart = live.get(keyOf(object));
      if (counterpart === undefined) throw notAsSaved(`${keyOf(object)} is missing from the schema`);
      if (!sameDefinition(object, counterpart)) {
        const line = firstDifference(object, counterpart);
        throw notAsSaved(`${keyOf(object)} is not as the backup has it: «${line}»`);
      }
    }
    const saved = new Set(facts.saved.map(keyOf));
    const extra = [...live.keys()].find((k) => !saved.has(k) && !options.keepExtra);
    if (extra !== undefined) throw notAsSaved(`${extra} is there, which the backup does not have`);
  });
}

function notAsSaved(what: string): KassetteError {
  return new KassetteError(
    'VERIFY_FAILED',
    `After loading, ${what}.`,
    'The backup is untouched in the volumes. Run after-restore again; look into the node logs if it fails the same way.',
  );
}

import { checkFiles, checkNode, checkReleases } from '../../domain/backup/backup-check.ts';
import { type Manifest, type Permission, parseManifest, type Trigger } from '../../domain/backup/manifest.ts';
import { checkTableDirectories } from '../../domain/cluster/data-directories.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { viewsToRebuild } from '../../domain/moment/rebuilt-views.ts';
import type { Journal } from '../../domain/restore/journal.ts';
import { addSizes, type TableSize, tableKey, userTables } from '../../domain/restore/restore-plan.ts';
import { checkSpace } from '../../domain/restore/space.ts';
import { keyOf, type Schema } from '../../domain/schema/schema.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import type { Linked } from '../../domain/sstables/left-links.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import type { StepReport } from '../../ports/progress.ts';
import type { BackupContents } from '../../ports/volumes.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import { type Readings, withReadings } from '../reading/readings.ts';
import { warnOfOutlivedGrace } from '../schema/outlived-grace.ts';
import { tablesWithPaxos } from '../schema/paxos.ts';
import { lastParsed, schemasOf, warnOfUnkept } from '../schema/schemas.ts';
import { linksIn } from '../volumes/left-links.ts';
import { type SurveyedNode, wasInterrupted } from '../volumes/surveys.ts';
import { HeldTables } from './held-tables.ts';
import type { PlanOptions } from './options.ts';

/** One node's part of the backup, checked. */
export interface NodeBackup {
  readonly node: Node;
  readonly tables: HeldTables;
  readonly highestLinkedGeneration: number;
  /** Of an earlier run that was interrupted; null where there was none. */
  readonly journal: Journal | null;
  /** Whether any restore was, with whatever backup, or of single tables: the node may be loading what that has linked. */
  readonly interrupted: boolean;
  /** What such ones say that they have linked there. */
  readonly links: readonly Linked[];
  /** Automatic snapshots that are there now, or were before any restore made some. */
  readonly autoSnapshots: readonly string[];
}

/** A cluster with all that its restore needs to know. */
export interface RestoreFacts {
  readonly cluster: Cluster;
  readonly session: CqlSession;
  readonly tag: string;
  /** As the nodes keep it. */
  readonly saved: Schema;
  readonly live: Schema;
  /** Keyspaces that a killed run has rehearsed in. */
  readonly rehearsals: readonly string[];
  readonly settings: SchemaSettings;
  /** Views, as the nodes keep them, that are built from their tables. */
  readonly rebuilt: Schema;
  readonly backups: readonly NodeBackup[];
  /** What is loaded, by `keyspace.name`, over all nodes. */
  readonly sizes: ReadonlyMap<string, TableSize>;
  /** Those of the backup. */
  readonly permissions: readonly Permission[];
  /** Those of the backup, which no statement of its schema makes. */
  readonly triggers: readonly Trigger[];
  /** Tables, `keyspace.name`, that need a new id: see `tablesWithPaxos`. */
  readonly renewed: ReadonlySet<string>;
}

/** Check all of a backup that is complete on every node, and the cluster, before anything is changed. */
export async function observeRestore(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  tag: string,
  options: PlanOptions,
): Promise<RestoreFacts> {
  checkReleases(cluster.members, 'Nothing was changed.');
  let savedText = '';
  let permissions: readonly Permission[] = [];
  let triggers: readonly Trigger[] = [];
  const sizes = new Map<string, TableSize>();
  const rebuilt = new Set<string>();
  const savedSchema = lastParsed();
  const checkAll = (report: StepReport) => (readings: Readings) => {
    let done = 0;
    const check = async (s: SurveyedNode) => {
      options.signal.throwIfAborted();
      const { contents, manifest, views } = await checkNodeBackup(ports, cluster, s, tag, savedSchema, {
        ...options,
        readings,
      });
      savedText = contents.schema;
      permissions = manifest.permissions;
      triggers = manifest.triggers ?? [];
      addSizes(sizes, manifest);
      for (const view of views) rebuilt.add(keyOf(view));
      report.count(++done, surveys.length);
      const entry = s.survey.backups.find((b) => b.tag === tag);
      return {
        node: s.node,
        tables: new HeldTables(loadedTables(manifest, views)),
        highestLinkedGeneration: contents.highestLinkedGeneration,
        journal: entry?.journal?.value ?? null,
        interrupted: wasInterrupted(s.survey),
        links: linksIn(s.survey),
        autoSnapshots: entry?.cold?.value?.autoSnapshots ?? s.survey.autoSnapshots,
      };
    };
    return each(surveys, check, options);
  };
  const backups = await ports.progress.step(`Checking backup ${tag}`, (report) =>
    withReadings(ports, 'restore', options, checkAll(report)),
  );
  const { lost, ...schemas } = await schemasOf(session, savedText);
  for (const { node, survey } of surveys)
    checkTableDirectories(node.name, survey.bareTables, new Set(schemas.saved.map(tableKey)));
  warnOfUnkept(ports, lost);
  warnOfOutlivedGrace(ports, tag, schemas.saved);
  const renewed = await tablesWithPaxos({ cluster, session }, options);
  const views = schemas.saved.filter((o) => rebuilt.has(keyOf(o)));
  const found = { backups, sizes, permissions, triggers, renewed };
  return { cluster, session, tag, ...schemas, rebuilt: views, ...found };
}

function loadedTables(manifest: Manifest, rebuilt: Schema) {
  const names = new Set(rebuilt.map(tableKey));
  return userTables(manifest).filter((t) => !names.has(tableKey(t)));
}

async function checkNodeBackup(
  ports: Ports,
  cluster: Cluster,
  { node, survey }: SurveyedNode,
  tag: string,
  schemaOf: (text: string) => Schema,
  options: PlanOptions & { readonly readings: Readings },
): Promise<{ contents: BackupContents; manifest: Manifest; views: Schema }> {
  const contents = await ports.volumes.read(node, tag);
  const manifest = parseManifest(node.name, contents);
  checkNode(cluster, node, manifest);
  checkFiles(node, manifest, contents.parts);
  const views = viewsToRebuild(manifest, schemaOf(contents.schema));
  const names = new Set(views.map(tableKey));
  checkSpace(node, manifest, survey, options.reserveBytes, (t) => names.has(tableKey(t)));
  if (options.verify === 'full')
    await options.readings.check(node, { manifest, parts: contents.parts }, contents.manifest);
  return { contents, manifest, views };
}

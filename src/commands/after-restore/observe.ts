import {
  checkFiles,
  checkNode,
  checkSpace,
  checkWholeRing,
  damagedFiles,
} from '../../domain/backup-check.ts';
import { chooseBackup } from '../../domain/backup-choice.ts';
import { type Journal, parseJournal } from '../../domain/journal.ts';
import { type Manifest, parseManifest } from '../../domain/manifest.ts';
import type { Cluster } from '../../domain/ring.ts';
import { parseSchema, type Schema, schemaText } from '../../domain/schema.ts';
import type { Node } from '../../domain/topology.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { ConnectedCluster } from '../observe/sessions.ts';
import { backupParts, type SurveyedNode } from '../observe/surveys.ts';
import type { RestoreOptions } from './options.ts';

/** One node's part of the backup, checked. */
export interface NodeBackup {
  readonly node: Node;
  readonly manifest: Manifest;
  readonly highestLinkedGeneration: number;
  /** Of an earlier run that was interrupted; null where there was none. */
  readonly journal: Journal | null;
  /** Automatic snapshots that are there now. */
  readonly automatic: readonly string[];
}

/** A cluster with all that its restore needs to know. */
export interface RestoreFacts {
  readonly cluster: Cluster;
  readonly session: CqlSession;
  readonly tag: string;
  readonly savedText: string;
  readonly saved: Schema;
  readonly live: Schema;
  readonly backups: readonly NodeBackup[];
}

/** Find the backup and check all of it, and the cluster, before anything is changed. */
export async function observeRestore(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  surveys: readonly SurveyedNode[],
  options: RestoreOptions,
): Promise<RestoreFacts> {
  checkWholeRing(cluster);
  const names = cluster.nodes.map((n) => n.name);
  const tag = chooseBackup(names, backupParts(surveys), options.tag);
  let savedText = '';
  const backups = await ports.progress.step(`Checking backup ${tag}`, async (report) => {
    let done = 0;
    const check = async (s: SurveyedNode) => {
      options.signal.throwIfAborted();
      const { backup, schema } = await checkNodeBackup(ports, cluster, s, tag, options);
      savedText = schema;
      report.count(++done, surveys.length);
      return backup;
    };
    return each(surveys, check, options);
  });
  const live = parseSchema(schemaText(await session.describeSchema()));
  return { cluster, session, tag, savedText, saved: parseSchema(savedText), live, backups };
}

async function checkNodeBackup(
  ports: Ports,
  cluster: Cluster,
  { node, survey }: SurveyedNode,
  tag: string,
  options: RestoreOptions,
): Promise<{ backup: NodeBackup; schema: string }> {
  const contents = await ports.volumes.read(node, tag);
  const manifest = parseManifest(node.name, contents);
  checkNode(cluster, node, manifest);
  checkFiles(node, manifest, contents.parts);
  checkSpace(node, manifest, survey.freeBytes, options.reserveBytes);
  if (options.verify === 'full') await checkContents(ports, node, manifest);
  const journal = parseJournal(survey.backups.find((b) => b.tag === tag)?.journal ?? null);
  const { highestLinkedGeneration } = contents;
  return {
    backup: { node, manifest, highestLinkedGeneration, journal, automatic: survey.automatic },
    schema: contents.schema,
  };
}

/** Read every Data.db through and compare its CRC with the one that Cassandra wrote when it made the file. */
async function checkContents(ports: Ports, node: Node, manifest: Manifest): Promise<void> {
  const files = manifest.tables.flatMap((t) =>
    t.parts.flatMap((p) =>
      p.files.flatMap((f) =>
        f.crc === undefined
          ? []
          : [{ path: `${p.directory}/snapshots/${manifest.tag}/${f.name}`, crc: f.crc }],
      ),
    ),
  );
  const found = await ports.volumes.checksums(
    node,
    files.map((f) => f.path),
  );
  const faults = files
    .map((f, i) => ({ ...f, found: found[i] }))
    .filter((f) => f.found !== f.crc)
    .map((f) => `${f.path} has the CRC-32 ${f.found} instead of ${f.crc}`);
  if (faults.length > 0) throw damagedFiles(node, faults);
}

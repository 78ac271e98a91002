import { checkFiles, damagedFiles } from '../../../domain/backup/backup-check.ts';
import { chooseBackup } from '../../../domain/backup/backup-choice.ts';
import { LOG_NAMES, type Manifest, parseManifest } from '../../../domain/backup/manifest.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { tableKey } from '../../../domain/restore/restore-plan.ts';
import { foreignIndexes, namesOfForeign } from '../../../domain/schema/index-implementation.ts';
import { parseSchema, type Schema } from '../../../domain/schema/schema.ts';
import { contentFault, type WantedChecksum, wantedChecksums } from '../../../domain/sstables/checksums.ts';
import { isEmpty } from '../../../domain/sstables/file-list.ts';
import type { OfflineBackup, OfflineVolume } from '../../../ports/offline-volume.ts';
import type { Progress } from '../../../ports/progress.ts';
import type { CleanVolumeOptions } from './options.ts';

/** The tables without which Cassandra starts as a new node, with a new identity and no schema. */
const IDENTITY = ['system.local', 'system_schema.keyspaces', 'system_schema.tables', 'system_schema.columns'];

/** The backup that is meant, every file of it in its place; nothing is changed. */
export async function verifiedManifest(
  volume: OfflineVolume,
  backups: readonly OfflineBackup[],
  options: CleanVolumeOptions,
  progress: Progress,
): Promise<Manifest> {
  const meant = backups.filter((b) => !b.retained || b.tag === options.tag);
  const parts = meant.map(({ tag, complete }) => ({ node: volume.name, tag, complete }));
  const tag = chooseBackup([volume.name], parts, options.tag);
  return progress.step(`Checking backup ${tag}`, async (report) => {
    const contents = await volume.read(tag);
    const manifest = parseManifest(volume.name, contents);
    checkTag(volume, manifest, tag);
    checkIdentity(volume, manifest, options);
    checkLogs(volume, manifest);
    checkWhole(volume, manifest);
    checkIndexes(volume, manifest, parseSchema(contents.schema));
    checkFiles(volume, manifest, contents.parts);
    if (options.verify === 'full') {
      const wanted = [...wantedChecksums(manifest, contents.parts)];
      await checkContents(volume, wanted, options.signal, report.count);
    }
    return manifest;
  });
}

/** Everything that follows takes the manifest's word for it. */
function checkTag(volume: OfflineVolume, manifest: Manifest, tag: string): void {
  if (manifest.tag === tag) return;
  throw new KassetteError(
    'MANIFEST_DAMAGED',
    `The backup on ${volume.name} is damaged: kassette/${tag}/backup.json is that of ${manifest.tag}.`,
    'Nothing was changed. Restore the volumes from another restore point.',
  );
}

function checkIdentity(volume: OfflineVolume, manifest: Manifest, { expected }: CleanVolumeOptions): void {
  const { cluster, node } = manifest;
  const wrong =
    expected.cluster !== undefined && expected.cluster !== cluster
      ? `of cluster \`${cluster}\`, not \`${expected.cluster}\``
      : expected.node !== undefined && expected.node !== node.name
        ? `of node ${node.name}, not ${expected.node}`
        : null;
  if (wrong === null) return;
  throw new KassetteError(
    'WRONG_CLUSTER',
    `The backup on ${volume.name} is ${wrong}.`,
    'Nothing was changed. Every node needs the volume that it had.',
  );
}

/** Where the node had more than this volume, Cassandra would replay writes of after the backup from there. */
function checkLogs(volume: OfflineVolume, { tag, outside = [] }: Manifest): void {
  if (outside.length === 0) return;
  const names = outside.map((log) => LOG_NAMES[log]).join(' and ');
  throw new KassetteError(
    'SYSTEM_TABLES',
    `The node of ${volume.name} kept its ${names} outside the volume when backup ${tag} was made; Cassandra would replay newer writes from there.`,
    'Nothing was changed. Start Cassandra on the volume, then run `after-restore`: it needs no cold restore.',
  );
}

/** That the volume has all that the node needs to be itself again. */
function checkWhole(volume: OfflineVolume, manifest: Manifest): void {
  const outside = manifest.tables
    .flatMap((t) => t.parts)
    .find((p) => /^\/|(^|\/)\.\.(\/|$)/.test(p.directory));
  const found = new Set(
    manifest.tables.filter((t) => t.parts.some((p) => !isEmpty(p.files))).map((t) => tableKey(t)),
  );
  const missing = IDENTITY.find((key) => !found.has(key));
  if (outside === undefined && missing === undefined) return;
  throw new KassetteError(
    'SYSTEM_TABLES',
    outside === undefined
      ? `Backup ${manifest.tag} on ${volume.name} has no files of ${missing}, which are in another place.`
      : `Backup ${manifest.tag} on ${volume.name} has files outside the volume: ${outside.directory}.`,
    'Nothing was changed. Start Cassandra on the volume in another way, then run `after-restore`: it needs no system tables.',
  );
}

/** Their files are in no snapshot, and the system tables of the backup would call them built. */
function checkIndexes(volume: OfflineVolume, { tag }: Manifest, schema: Schema): void {
  const foreign = foreignIndexes(schema);
  if (foreign.length === 0) return;
  throw new KassetteError(
    'SYSTEM_TABLES',
    `Backup ${tag} on ${volume.name} has no files of indexes that classes outside Cassandra make: ${namesOfForeign(foreign)}. Restored cold, Cassandra would call them built, and queries would miss rows.`,
    'Nothing was changed. Start Cassandra on the volume in another way, then run `after-restore`: it truncates and loads these tables, and names the indexes to rebuild.',
  );
}

/** Read every file through that the manifest has a checksum of: of a Data.db Cassandra's own, of the others kassette's. */
async function checkContents(
  volume: OfflineVolume,
  files: readonly WantedChecksum[],
  signal: AbortSignal,
  count: (done: number, total: number) => void,
): Promise<void> {
  const faults: string[] = [];
  for (const [i, file] of files.entries()) {
    signal.throwIfAborted();
    const fault = contentFault(file, await volume.checksum(file.path, file.kind));
    if (fault !== null) faults.push(fault);
    count(i + 1, files.length);
  }
  if (faults.length > 0) throw damagedFiles(volume, faults);
}

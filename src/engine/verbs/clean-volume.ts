import type { Manifest } from '../../domain/backup/manifest.ts';
import { checkTableDirectories } from '../../domain/cluster/data-directories.ts';
import { KassetteError } from '../../domain/errors.ts';
import {
  type ColdJournal,
  displacedDirectory,
  renderColdJournal,
} from '../../domain/restore/cold-journal.ts';
import { type ColdPlan, planColdRestore } from '../../domain/restore/cold-plan.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { endedCold, planVolume } from '../../domain/restore-state/offline.ts';
import { refuseWhileRewinding } from '../../domain/rewind/journal.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OfflineBackup, OfflineVolume } from '../../ports/offline-volume.ts';
import type { PeerProbe } from '../../ports/peer-probe.ts';
import type { Lease } from '../../ports/platform/lease.ts';
import type { Progress } from '../../ports/progress.ts';
import { withLease } from '../cluster/lease.ts';
import type { CleanVolumeOptions } from '../cold/volume/options.ts';
import { refuseIfOriginalRuns } from '../cold/volume/original.ts';
import { verifiedManifest } from '../cold/volume/verify.ts';

/** What a cold restore works with: a directory. */
export interface ColdPorts {
  readonly volume: OfflineVolume;
  readonly peers: PeerProbe;
  /** Of the directory, on this machine. */
  readonly lease: Lease;
  readonly progress: Progress;
  readonly clock: Clock;
}

/** Make of one volume, with no Cassandra on it, exactly what it was when the backup in it was made. */
export async function cleanVolume(ports: ColdPorts, given: CleanVolumeOptions): Promise<ColdResult> {
  await ports.volume.check();
  return withLease(ports, 'clean-volume', given, (options) => restore(ports, options));
}

async function restore(ports: ColdPorts, options: CleanVolumeOptions): Promise<ColdResult> {
  const { volume, progress, clock } = ports;
  const started = clock.now();
  refuseWhileRewinding(volume.name, await volume.rewinding());
  await refuseIfUsed(volume);
  const backups = await volume.backups();
  const ended = endedCold(backups, options);
  const next = planVolume(ended, ended !== null && (await volume.wasStarted()));
  if (next.kind === 'started-since') throw startedSince(volume.name, next.journal);
  if (next.kind === 'verify') return verifyEnded(ports, backups, next.journal, options);
  const manifest = await verifiedManifest(volume, backups, options, progress);
  const elsewhere = isElsewhere(manifest, options);
  if (!elsewhere) await refuseIfOriginalRuns(ports.peers, manifest, options.ownAddresses ?? []);
  const live = await progress.step('Looking at the live files', () => volume.live());
  checkTableDirectories(volume.name, live.bare, new Set(manifest.tables.map(tableKey)));
  const plan = planColdRestore(manifest, live, { elsewhere });
  const journal = journalOf(plan, backups, started, options);
  if (!options.dryRun) await act(ports, plan, journal, options.signal);
  return {
    ...identity(manifest),
    outcome: options.dryRun ? 'planned' : 'restored',
    seconds: (clock.now().getTime() - started.getTime()) / 1000,
    tables: plan.tables,
    files: plan.links.length,
    bytesLinked: plan.bytes,
    bytesCopied: 0,
    moved: plan.moves.length + plan.empties.length,
    displaced: displacedDirectory(journal),
    plan,
  };
}

/**
 * Replace the live files. From `guard` on no Cassandra can start here; it can again, when everything is in its place and the
 * journal says so. Killed at any point, a new run moves aside what it finds and links again: links are never written to.
 */
async function act(
  { volume, progress, clock }: ColdPorts,
  plan: ColdPlan,
  journal: ColdJournal,
  signal: AbortSignal,
): Promise<void> {
  const aside = displacedDirectory(journal);
  const step = async (title: string, work: () => Promise<void>) => {
    signal.throwIfAborted();
    await progress.step(title, work);
  };
  await step('Keeping Cassandra from starting', async () => {
    await volume.writeJournal(plan.tag, renderColdJournal(journal));
    await volume.guard(aside);
    // One that was started since it was looked for, as long as it could be.
    await refuseIfUsed(
      volume,
      'Its commit log was moved aside: stop Cassandra there, then run the command again.',
    );
  });
  await step('Moving live files aside', () => volume.displace(plan, aside));
  await step("Linking the backup's files", () => volume.link(plan));
  await step('Verifying', async () => {
    const [wrong, ...more] = await volume.notLinked(plan);
    if (wrong !== undefined) throw notInPlace(volume.name, wrong, more.length);
    const restoredAt = clock.now().toISOString();
    await volume.writeJournal(plan.tag, renderColdJournal({ ...journal, stage: 'restored', restoredAt }));
  });
  await step('Letting Cassandra start again', () => volume.unguard(aside));
}

/** A cold restore that has come to its end before; what may be left of it is done. */
async function verifyEnded(
  { volume, progress }: ColdPorts,
  backups: readonly OfflineBackup[],
  journal: ColdJournal,
  options: CleanVolumeOptions,
): Promise<ColdResult> {
  const manifest = await verifiedManifest(volume, backups, { ...options, tag: journal.tag }, progress);
  if (!options.dryRun) await volume.unguard(displacedDirectory(journal));
  const { tables, files, bytes } = journal;
  const sums = { tables, files, bytesLinked: bytes, bytesCopied: 0, moved: 0 } as const;
  return { ...identity(manifest), outcome: 'unchanged', seconds: 0, ...sums, displaced: null, plan: null };
}

/** Among the original's nodes a node with the same identity must never turn up. */
function isElsewhere({ namespace }: Manifest, options: CleanVolumeOptions): boolean {
  const moved = namespace !== undefined && options.namespace !== undefined;
  return options.elsewhere || (moved && namespace !== options.namespace);
}

function identity({ cluster, node, tag, nodes, cassandraVersion }: Manifest) {
  return { cluster, node: node.name, tag, nodes: nodes.map((n) => n.name), cassandraVersion };
}

function journalOf(
  { tag, tables, links, bytes }: ColdPlan,
  backups: readonly OfflineBackup[],
  started: Date,
  { keepDisplaced }: CleanVolumeOptions,
): ColdJournal {
  const own = backups.find((b) => b.tag === tag);
  return {
    ...{ version: 1, tag, stage: 'replacing', run: (own?.runs ?? 0) + 1 },
    ...{ startedAt: started.toISOString(), restoredAt: null, keepDisplaced },
    autoSnapshots: own?.journal?.value?.autoSnapshots ?? own?.cold?.value?.autoSnapshots ?? null,
    ...{ tables, files: links.length, bytes },
  };
}

async function refuseIfUsed(
  volume: OfflineVolume,
  hint = 'Nothing was changed. Stop Cassandra there, then run the command again.',
): Promise<void> {
  const user = await volume.user();
  if (user === null) return;
  throw new KassetteError('VOLUME_IN_USE', `${volume.name} is in use by ${user}.`, hint);
}

function startedSince(name: string, { tag, restoredAt }: ColdJournal): KassetteError {
  return new KassetteError(
    'STARTED_SINCE',
    `Backup ${tag} was restored cold on ${name} at ${restoredAt}, and Cassandra has run on it since.`,
    'Nothing was changed. Run `after-restore` to finish the restore. Or restore again with `--again`: what was written since is lost then.',
  );
}

function notInPlace(name: string, wrong: string, more: number): KassetteError {
  return new KassetteError(
    'VERIFY_FAILED',
    `On ${name} ${wrong}${more > 0 ? ` and ${more} more` : ''} is not the backup's file.`,
    'The backup is unchanged. Stop what else works on the volume, then run the command again.',
  );
}

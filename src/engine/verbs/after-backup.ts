import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { close, closeShared } from '../closing/close.ts';
import { undoFailed } from '../closing/failed.ts';
import { giveUp, giveUpIncomplete } from '../closing/give-up.ts';
import type { AfterBackupOptions, AfterBackupResult, Found, Outcome } from '../closing/options.ts';
import { seenOf, type Try, untilAllEnd } from '../closing/until-all-end.ts';
import { withHealthyClusters } from '../cluster/healthy-lease.ts';
import { withSessions } from '../cluster/sessions.ts';
import { surveyAll } from '../volumes/surveys.ts';

/** End a backup now that the volumes are copied, or that copying them has failed; running it again is fine. */
export async function afterBackup(ports: Ports, given: AfterBackupOptions): Promise<AfterBackupResult> {
  const work = workOf(given);
  if (given.forNamespace === undefined) return (await inLease(ports, given, work)).ended;
  return untilAllEnd(ports, given, () => inLease(ports, given, work));
}

async function inLease(ports: Ports, given: AfterBackupOptions, work: Work): Promise<Try> {
  return withHealthyClusters(ports, 'after-backup', given, async (options, clusters) => {
    const started = ports.clock.now();
    const nodes = clusters.flatMap((c) => c.nodes);
    const surveys = await ports.progress.step('Looking for backups', () =>
      surveyAll(ports, nodes, options.concurrency),
    );
    const outcome = await withSessions(ports, clusters, (connected) =>
      work(ports, { clusters, connected, surveys }, options),
    );
    const seconds = (ports.clock.now().getTime() - started.getTime()) / 1000;
    const datacenters = clusters.flatMap((c) => c.datacenters);
    // While no other run can change it.
    const seen = outcome.awaits === undefined ? '' : await seenOf(ports, datacenters, options.concurrency);
    return { ended: { ...outcome, nodes: nodes.length, seconds }, seen };
  });
}

type Work = (ports: Ports, found: Found, options: AfterBackupOptions) => Promise<Outcome>;

function workOf({ forNamespace, ...given }: AfterBackupOptions): Work {
  const { tag, failed } = given;
  refuseTogether(given);
  if (forNamespace !== undefined) {
    refuseWithNamespace(given);
    if (!failed) return (ports, found, options) => closeShared(ports, found, forNamespace, options);
  }
  if (failed) return undoFailed;
  if (given.incomplete) return giveUpIncomplete;
  if (tag === undefined || given.close) return close;
  return (ports, found, options) => giveUp(ports, found, tag, options);
}

function refuseTogether({ tag, close: closes, failed, incomplete }: AfterBackupOptions): void {
  const given = [closes && '--close', failed && '--failed', incomplete && '--incomplete'].filter(Boolean);
  if (given.length <= 1 && (!incomplete || tag === undefined)) return;
  throw new KassetteError(
    'USAGE',
    `${[...given, ...(tag === undefined ? [] : ['--tag'])].join(' and ')} do not go together.`,
    'Nothing was changed. `--close` and `--failed` go together with `--tag`; `--incomplete` does not.',
  );
}

function refuseWithNamespace({ tag, close: closes, incomplete }: AfterBackupOptions): void {
  if (tag === undefined && !closes && !incomplete) return;
  throw new KassetteError(
    'USAGE',
    'A hook that is for one namespace finds its backup by itself: of these options `--for-namespace` goes together with `--failed` alone.',
    'Nothing was changed. Leave out `--for-namespace` to close or remove a backup for all namespaces.',
  );
}

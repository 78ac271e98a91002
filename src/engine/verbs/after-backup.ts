import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { close } from '../closing/close.ts';
import { undoFailed } from '../closing/failed.ts';
import { giveUp, giveUpIncomplete } from '../closing/give-up.ts';
import type { AfterBackupOptions, AfterBackupResult, Found, Outcome } from '../closing/options.ts';
import { withHealthyClusters } from '../cluster/healthy-lease.ts';
import { withSessions } from '../cluster/sessions.ts';
import { surveyAll } from '../volumes/surveys.ts';

/** End a backup now that the volumes are copied, or that copying them has failed; running it again is fine. */
export async function afterBackup(ports: Ports, given: AfterBackupOptions): Promise<AfterBackupResult> {
  const work = workOf(given);
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
    return { ...outcome, nodes: nodes.length, seconds };
  });
}

type Work = (ports: Ports, found: Found, options: AfterBackupOptions) => Promise<Outcome>;

function workOf({ tag, close: closes, failed, incomplete }: AfterBackupOptions): Work {
  const given = [closes && '--close', failed && '--failed', incomplete && '--incomplete'].filter(Boolean);
  if (given.length > 1 || (incomplete && tag !== undefined)) {
    throw new KassetteError(
      'USAGE',
      `${[...given, ...(tag === undefined ? [] : ['--tag'])].join(' and ')} do not go together.`,
      'Nothing was changed. `--close` and `--failed` go together with `--tag`; `--incomplete` does not.',
    );
  }
  if (failed) return undoFailed;
  if (incomplete) return giveUpIncomplete;
  if (tag === undefined || closes) return close;
  return (ports, found, options) => giveUp(ports, found, tag, options);
}

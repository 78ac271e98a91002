import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { lookUntil } from '../../ports/until.ts';
import { inTurn } from '../turns.ts';
import { surveyAll } from '../volumes/surveys.ts';
import type { AfterBackupOptions, AfterBackupResult, Found, Outcome } from './options.ts';

/** Each look is one shell run for each namespace. */
const LOOKS = { first: 2000, slowest: 15_000 };

type Ended = AfterBackupResult & Pick<Outcome, 'awaits'>;

/** What one try has come to, and what was to be seen of the others then. */
export interface Try {
  readonly ended: Ended;
  readonly seen: string;
}

/**
 * Try again whenever something has changed in the other namespaces, until the backup is closed, or one of them has failed: then this hook fails
 * as well, and no namespace keeps a restore point that the others have not. Where they take longer than `timeoutMs`, what it has ended counts.
 */
export async function untilAllEnd(
  ports: Ports,
  options: AfterBackupOptions,
  attempt: () => Promise<Try>,
): Promise<AfterBackupResult> {
  const { clock } = ports;
  const end = clock.now().getTime() + options.timeoutMs;
  let last = await inTurn(ports, options, attempt);
  for (;;) {
    const { awaits, ...result } = last.ended;
    if (awaits === undefined) return result;
    const left = { ...options, timeoutMs: end - clock.now().getTime() };
    const next = await afterChange(ports, left, last, attempt);
    if (next === null) {
      warnOfOthers(ports, awaits, options);
      return result;
    }
    last = next;
  }
}

/** The next try, once something has changed; null where the time is over, or another run holds the lease until it is. */
async function afterChange(
  ports: Ports,
  options: AfterBackupOptions,
  { ended, seen }: Try,
  attempt: () => Promise<Try>,
): Promise<Try | null> {
  const { clock, progress } = ports;
  const { timeoutMs, signal } = options;
  const end = clock.now().getTime() + timeoutMs;
  const pace = { every: LOOKS, within: timeoutMs, signal, clock };
  const changed = await progress.step(`Waiting for namespace ${ended.awaits?.join(', ')}`, () =>
    lookUntil(() => changedFrom(ports, options, seen), pace),
  );
  if (changed === null) return null;
  try {
    return await inTurn(ports, { signal, timeoutMs: end - clock.now().getTime() }, attempt);
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'BUSY') return null;
    throw error;
  }
}

function warnOfOthers(
  { progress }: Pick<Ports, 'progress'>,
  names: readonly string[],
  { timeoutMs }: AfterBackupOptions,
): void {
  progress.warn(
    `Namespace ${names.join(', ')} has not ended within ${Math.round(timeoutMs / 1000)} s. If it fails now, this restore point holds a backup that the others do not have, and that cannot be restored without them.`,
  );
}

/** A node that cannot be looked at for a moment is no reason to fail: this namespace has ended already. */
async function changedFrom(
  ports: Ports,
  { datacenters, concurrency }: AfterBackupOptions,
  seen: string,
): Promise<{ readonly found: true } | null> {
  try {
    const found = await ports.datacenters.find(datacenters);
    return (await seenOf(ports, found, concurrency)) === seen ? null : { found: true };
  } catch (error) {
    if (!(error instanceof KassetteError) || error.code === 'INTERRUPTED') throw error;
    return null;
  }
}

/** What one node of each namespace says of backups and of who has come to their end. */
export async function seenOf(
  ports: Ports,
  datacenters: Found['clusters'][number]['datacenters'],
  concurrency: number,
): Promise<string> {
  const places = Map.groupBy(datacenters, (d) => d.namespace ?? '');
  const nodes = [...places.values()].flatMap((own) => own.flatMap((d) => d.nodes).slice(0, 1));
  const surveys = await surveyAll(ports, nodes, concurrency);
  return JSON.stringify(
    surveys.map(({ node, survey: { closed, backups } }) => ({
      ...{ node: node.name, closed },
      backups: backups.map(({ tag, complete, notes }) => ({ tag, complete, notes })),
    })),
  );
}

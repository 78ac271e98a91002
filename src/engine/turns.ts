import { KassetteError } from '../domain/errors.ts';
import type { Ports } from '../ports/ports.ts';
import { until } from '../ports/until.ts';
import type { CommonOptions } from './options.ts';

/** Another hook may be at it for minutes; to ask for the lease costs some requests. */
const AGAIN = { first: 2000, slowest: 10_000 };

type Waiting = Pick<CommonOptions, 'timeoutMs' | 'signal'>;

/**
 * Hooks of several namespaces take turns: do the work again as long as another run holds the lease.
 * @throws BUSY where that is so for `timeoutMs`
 */
export async function inTurn<T>(
  { clock }: Pick<Ports, 'clock'>,
  { timeoutMs, signal }: Waiting,
  work: () => Promise<T>,
): Promise<T> {
  return untilNot('BUSY', { clock }, { timeoutMs, signal }, work);
}

/** That all datacenters are there: a restore brings them back one namespace after the other. @throws NOT_FOUND after `timeoutMs` */
export async function allThere(
  { clock, datacenters, progress }: Pick<Ports, 'clock' | 'datacenters' | 'progress'>,
  options: CommonOptions,
): Promise<void> {
  await progress.step('Waiting for all datacenters', () =>
    untilNot('NOT_FOUND', { clock }, options, () => datacenters.find(options.datacenters)),
  );
}

async function untilNot<T>(
  code: KassetteError['code'],
  { clock }: Pick<Ports, 'clock'>,
  { timeoutMs, signal }: Waiting,
  work: () => Promise<T>,
): Promise<T> {
  let last: KassetteError | undefined;
  const look = async () => {
    try {
      return { found: await work() };
    } catch (error) {
      if (!(error instanceof KassetteError) || error.code !== code) throw error;
      last = error;
      return null;
    }
  };
  const late = () => last ?? new KassetteError('INTERNAL', 'A wait ended before it began.', 'Report this.');
  return until(look, { every: AGAIN, within: timeoutMs, signal, clock, late });
}

import { KassetteError } from '../domain/errors.ts';
import type { Ports } from '../ports/ports.ts';
import { untilNot } from '../ports/until.ts';
import type { CommonOptions } from './options.ts';

/** Another hook may be at it for minutes; to ask for the lease costs some requests. */
const AGAIN = { first: 2000, slowest: 10_000 };

type Waiting = Pick<CommonOptions, 'timeoutMs' | 'signal'>;

/**
 * Hooks of several namespaces take turns: do the work again as long as another run holds the lease.
 * @throws BUSY where that is so for `timeoutMs`
 */
export function inTurn<T>(
  { clock }: Pick<Ports, 'clock'>,
  { timeoutMs, signal }: Waiting,
  work: () => Promise<T>,
): Promise<T> {
  return untilNot(endsIn('BUSY'), { every: AGAIN, within: timeoutMs, signal, clock }, work);
}

/** That all datacenters are there: a restore brings them back one namespace after the other. @throws NOT_FOUND after `timeoutMs` */
export async function allThere(
  { clock, datacenters, progress }: Pick<Ports, 'clock' | 'datacenters' | 'progress'>,
  options: CommonOptions,
): Promise<void> {
  const pace = { every: AGAIN, within: options.timeoutMs, signal: options.signal, clock };
  await progress.step('Waiting for all datacenters', () =>
    untilNot(endsIn('NOT_FOUND'), pace, () => datacenters.find(options.datacenters)),
  );
}

const endsIn = (code: KassetteError['code']) => (error: unknown) =>
  error instanceof KassetteError && error.code === code;

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import { KassetteError, NothingYet } from '../../../domain/errors.ts';
import { type Location, locationText } from '../../../domain/k8ssandra/locations.ts';
import { LEASE_NAME, WRITE } from '../../../domain/rights.ts';
import type { HeldLease, Lease } from '../../../ports/platform/lease.ts';
import { lookUntil } from '../../../ports/until.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';

/** A holder that has not renewed for so long is gone. */
const DURATION_S = 30;
const RENEW_MS = 5000;
const POLL_MS = 1000;
/** Not renewed for so long it counts as lost: well before another run may take it. */
const LOST_MS = 20_000;
const NOT_RENEWED = `was not renewed for ${LOST_MS / 1000} s`;
/** Of one attempt to renew or release: no attempt may keep the next from being made. */
const ATTEMPT_MS = 5000;
/** How many versions are tried in a row: runs that note themselves on the lease make new ones. */
const VERSIONS = 5;

/**
 * A `coordination.k8s.io/v1` Lease in the namespace. Whether its holder lives is seen by whether it renews, so that clocks
 * need not agree.
 */
export function kubernetesLease(connection: Connection, notice: (message: string) => void): Lease {
  return {
    async acquire(purpose) {
      const holder = `${purpose} ${hostname()} ${process.pid} ${randomBytes(3).toString('hex')}`;
      const lease = (await create(connection, holder)) ?? (await takeOver(connection, holder, notice));
      return new KeptLease(connection, lease);
    },
  };
}

/** Null where there is one already. */
async function create(connection: Connection, holder: string): Promise<V1Lease | null> {
  const { coordination, namespace } = connection;
  const body = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: LEASE_NAME },
    spec: held(holder),
  };
  try {
    return await call(WRITE.leaseMake, namespace, () =>
      coordination.createNamespacedLease({ namespace, body }),
    );
  } catch (error) {
    if (statusOf(error) === 409) return ifOurs(await read(connection), holder);
    if (statusOf(error) === 404) throw noNamespace(connection, error);
    throw error;
  }
}

/** A repeated call may meet what its first attempt did, whose answer was lost. */
function ifOurs(lease: V1Lease, holder: string): V1Lease | null {
  return lease.spec?.holderIdentity === holder ? lease : null;
}

/** Take one that nobody holds, or whose holder does not renew it while we look. */
async function takeOver(
  connection: Connection,
  holder: string,
  notice: (message: string) => void,
): Promise<V1Lease> {
  const free = await read(connection);
  const other = free.spec?.holderIdentity;
  if (!other) return take(connection, holder, free);
  notice(
    `The lease is held by \`${other}\`; waiting up to ${DURATION_S} s to see whether that run is still alive.`,
  );
  return take(connection, holder, await seeItExpire(connection, free));
}

/** With the version that was seen: one that was renewed or taken since is refused. */
async function take(connection: Connection, holder: string, seen: V1Lease): Promise<V1Lease> {
  const { namespace } = connection;
  let free = seen;
  for (let attempt = 1; ; attempt++) {
    try {
      const body = { ...free, spec: held(holder) };
      return await call(WRITE.leaseKeep, namespace, () => replace(connection, body));
    } catch (error) {
      if (statusOf(error) !== 409) throw error;
      const now = await read(connection);
      if (ifOurs(now, holder) !== null) return now;
      if (!isSameTerm(now, seen) || attempt === VERSIONS) throw busy(connection, 'another run');
      free = now;
    }
  }
}

async function seeItExpire(connection: Connection, first: V1Lease): Promise<V1Lease> {
  const duration = (first.spec?.leaseDurationSeconds ?? DURATION_S) * 1000;
  let seen = first;
  const look = async () => {
    seen = await read(connection);
    if (!seen.spec?.holderIdentity) return { found: seen };
    if (!isSameTerm(seen, first)) throw busy(connection, seen.spec.holderIdentity);
    return null;
  };
  await lookUntil(look, { every: POLL_MS, within: duration });
  return seen;
}

/** Whether nobody took or renewed it in between: runs that do not hold it note themselves on it, too. */
function isSameTerm(a: V1Lease, b: V1Lease): boolean {
  return JSON.stringify(a.spec) === JSON.stringify(b.spec);
}

/**
 * How long ago something was, by whichever clock says that it was longer: the machine's may be set back, and the one that nobody sets
 * stands still while the machine is suspended.
 */
class Since {
  readonly #steady = performance.now();
  readonly #set = Date.now();

  get milliseconds(): number {
    return Math.max(performance.now() - this.#steady, Date.now() - this.#set);
  }
}

/** Renews itself until it is released. */
class KeptLease implements HeldLease {
  readonly #connection: Connection;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #holder: string;
  #lease: V1Lease;
  #renewed = new Since();
  #tried = new Since();
  #attempt: Promise<void> | undefined;

  constructor(connection: Connection, lease: V1Lease) {
    this.#connection = connection;
    this.#lease = lease;
    this.#holder = lease.spec?.holderIdentity ?? '';
    this.#timer = setInterval(() => this.#tick(), POLL_MS);
    this.#timer.unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  readonly confirm = async (): Promise<void> => {
    this.#lost.signal.throwIfAborted();
    const now = await within(LOST_MS, read(this.#connection));
    const holder = now.spec?.holderIdentity;
    if (holder !== this.#holder) this.#lose(`was taken by \`${holder ?? 'nobody'}\``);
    else if (this.#renewed.milliseconds > LOST_MS) this.#lose(NOT_RENEWED);
    this.#lost.signal.throwIfAborted();
  };

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#attempt;
    if (this.#lost.signal.aborted) return;
    // Not released it expires; the run's own outcome must not suffer.
    await this.#replaceOwn(() => ({ leaseDurationSeconds: 1, holderIdentity: '' })).catch(() => {});
  }

  #tick(): void {
    if (this.#renewed.milliseconds > LOST_MS) this.#lose(NOT_RENEWED);
    if (this.#attempt !== undefined || this.#tried.milliseconds < RENEW_MS) return;
    this.#tried = new Since();
    this.#attempt = this.#renew().finally(() => {
      this.#attempt = undefined;
    });
  }

  async #renew(): Promise<void> {
    const begun = new Since();
    try {
      const renewed = await this.#replaceOwn(() => held(this.#holder));
      if (renewed) this.#renewed = begun;
    } catch (error) {
      if (statusOf(error) === 404) this.#lose('is gone', error);
    }
  }

  /** False where it has another version than this run's, and is not this run's any more, or not seen to be. */
  async #replaceOwn(spec: () => V1Lease['spec'] & object): Promise<boolean> {
    for (let attempt = 1; attempt <= VERSIONS; attempt++) {
      try {
        const body = { ...this.#lease, spec: spec() };
        this.#lease = await within(ATTEMPT_MS, replace(this.#connection, body));
        return true;
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        if (!(await this.#isStillOwn())) return false;
      }
    }
    return false;
  }

  /** Another version than this run's: of an attempt whose answer was lost, of a run that noted itself on it, or of one that took it. */
  async #isStillOwn(): Promise<boolean> {
    const { coordination, namespace } = this.#connection;
    const now = await within(
      ATTEMPT_MS,
      coordination.readNamespacedLease({ namespace, name: LEASE_NAME }),
    ).catch(() => null);
    if (now === null) return false;
    if (now.spec?.holderIdentity === this.#holder) {
      this.#lease = now;
      return true;
    }
    this.#lose(`was taken by \`${now.spec?.holderIdentity}\``);
    return false;
  }

  #lose(how: string, cause?: unknown): void {
    clearInterval(this.#timer);
    this.#lost.abort(lost(this.#connection, how, cause));
  }
}

/** @throws TIMEOUT */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const late = pause(milliseconds, null, { ref: false }).then(() => {
    throw new KassetteError('TIMEOUT', `no answer within ${milliseconds / 1000} s`, 'Try again.');
  });
  return Promise.race([work, late]);
}

function held(holderIdentity: string) {
  return { holderIdentity, leaseDurationSeconds: DURATION_S, renewTime: new V1MicroTime() };
}

function read({ coordination, namespace }: Connection): Promise<V1Lease> {
  return call(WRITE.leaseRead, namespace, () =>
    coordination.readNamespacedLease({ namespace, name: LEASE_NAME }),
  );
}

function replace({ coordination, namespace }: Connection, body: V1Lease): Promise<V1Lease> {
  return coordination.replaceNamespacedLease({ namespace, name: LEASE_NAME, body });
}

function noNamespace(location: Location, cause: unknown): KassetteError {
  return new NothingYet(
    `There is no ${locationText(location)}.`,
    'Check `--namespace`. Before a restore that creates the namespace this is normal.',
    { cause },
  );
}

function busy(location: Location, holder: string): KassetteError {
  return new KassetteError(
    'BUSY',
    `Another kassette run works in ${locationText(location)}: ${holder}.`,
    'Nothing was changed. Wait for it to end, then run the command again.',
  );
}

function lost(location: Location, how: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'LEASE_LOST',
    `The lease in ${locationText(location)} ${how}, so this run stopped.`,
    'Check that the Kubernetes API server can be reached, and who else runs kassette; then run the same command again.',
    { cause },
  );
}

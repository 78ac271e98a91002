import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type V1Lease, V1MicroTime } from '@kubernetes/client-node';
import { KassetteError } from '../../domain/errors.ts';
import { CHANGING, type Right } from '../../domain/rights.ts';
import type { HeldLease, Lease } from '../../ports/lease.ts';
import { call, statusOf } from './calls.ts';
import type { Connection } from './connection.ts';

const NAME = 'kassette';
/** A holder that has not renewed for so long is gone. */
const DURATION_S = 30;
const RENEW_MS = 5000;
const POLL_MS = 1000;

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
    metadata: { name: NAME },
    spec: held(holder),
  };
  try {
    return await allowed(CHANGING.leaseMake, connection, () =>
      coordination.createNamespacedLease({ namespace, body }),
    );
  } catch (error) {
    if (statusOf(error) === 409) return null;
    throw error;
  }
}

/** Take one that nobody holds, or whose holder does not renew it while we look. */
async function takeOver(
  connection: Connection,
  holder: string,
  notice: (message: string) => void,
): Promise<V1Lease> {
  let free = await read(connection);
  const other = free.spec?.holderIdentity;
  if (other) {
    notice(
      `The lease is held by «${other}»; waiting up to ${DURATION_S} s to see whether that run still lives.`,
    );
    free = await seeItExpire(connection, free);
  }
  try {
    // With the version that was seen: one that was renewed or taken since is refused.
    return await replace(connection, { ...free, spec: held(holder) });
  } catch (error) {
    if (statusOf(error) === 409) throw busy(connection.namespace, 'another run');
    throw error;
  }
}

async function seeItExpire(connection: Connection, first: V1Lease): Promise<V1Lease> {
  const duration = (first.spec?.leaseDurationSeconds ?? DURATION_S) * 1000;
  const end = Date.now() + duration;
  while (Date.now() < end) {
    await pause(POLL_MS);
    const now = await read(connection);
    if (!now.spec?.holderIdentity) return now;
    if (now.metadata?.resourceVersion !== first.metadata?.resourceVersion) {
      throw busy(connection.namespace, now.spec.holderIdentity);
    }
  }
  return first;
}

/** Renews itself until it is released. */
class KeptLease implements HeldLease {
  readonly #connection: Connection;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #lease: V1Lease;
  #renewedAt = Date.now();
  #renewal: Promise<void> = Promise.resolve();

  constructor(connection: Connection, lease: V1Lease) {
    this.#connection = connection;
    this.#lease = lease;
    this.#timer = setInterval(() => {
      this.#renewal = this.#renewal.then(() => this.#renew());
    }, RENEW_MS);
    this.#timer.unref();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#renewal;
    if (this.#lost.signal.aborted) return;
    const spec = { leaseDurationSeconds: 1, holderIdentity: '' };
    // Not released it expires; the run's own outcome must not suffer.
    await replace(this.#connection, { ...this.#lease, spec }).catch(() => {});
  }

  async #renew(): Promise<void> {
    if (this.#lost.signal.aborted) return;
    const spec = held(this.#lease.spec?.holderIdentity ?? '');
    try {
      this.#lease = await replace(this.#connection, { ...this.#lease, spec });
      this.#renewedAt = Date.now();
    } catch (error) {
      // One that another run took cannot be renewed: its version is another.
      const late = Date.now() - this.#renewedAt > (DURATION_S - 5) * 1000;
      if (late || statusOf(error) === 409) this.#lost.abort(lost(this.#connection.namespace, error));
    }
  }
}

function held(holderIdentity: string) {
  return { holderIdentity, leaseDurationSeconds: DURATION_S, renewTime: new V1MicroTime() };
}

function read(connection: Connection): Promise<V1Lease> {
  const { coordination, namespace } = connection;
  return allowed(CHANGING.leaseRead, connection, () =>
    coordination.readNamespacedLease({ namespace, name: NAME }),
  );
}

function replace(connection: Connection, body: V1Lease): Promise<V1Lease> {
  const { coordination, namespace } = connection;
  return allowed(CHANGING.leaseKeep, connection, () =>
    coordination.replaceNamespacedLease({ namespace, name: NAME, body }),
  );
}

function allowed<T>(right: Right, { namespace }: Connection, work: () => Promise<T>): Promise<T> {
  return call(right, namespace, work);
}

function busy(namespace: string, holder: string): KassetteError {
  return new KassetteError(
    'BUSY',
    `Another kassette run is at work in namespace ${namespace}: ${holder}.`,
    'Nothing was changed. Wait for it to end, then run the command again.',
  );
}

function lost(namespace: string, cause: unknown): KassetteError {
  return new KassetteError(
    'LEASE_LOST',
    `The lease in namespace ${namespace} could not be renewed for ${DURATION_S} s, so this run stopped.`,
    'Look whether the Kubernetes API server can be reached; then run the same command again.',
    { cause },
  );
}

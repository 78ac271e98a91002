import { setTimeout as pause } from 'node:timers/promises';
import { ApiException } from '@kubernetes/client-node';
import { KassetteError } from '../../domain/errors.ts';
import { nameOfRight, type Right } from '../../domain/rights.ts';

/** An API server that is started again is back within this; a call of ours waits so long for it. */
const PATIENCE_MS = 60_000;
const SLOWEST_PAUSE_MS = 5000;
/** One that was just started knows no roles at first, and allows nothing; where it was seen to be away, for longer. */
const REFUSAL_PATIENCE_MS = { seen: 5000, away: 30_000 };
const PASSING = new Set([429, 500, 502, 503, 504]);

/**
 * Make a call that needs `right`, again while the API server is away or overloaded.
 * @throws FORBIDDEN naming the right, CLUSTER_UNREACHABLE; other answers of the API as they are (`ApiException`)
 */
export async function call<T>(right: Right, namespace: string, work: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  const refusals = new Refusals();
  for (let wait = 200; ; wait = Math.min(wait * 2, SLOWEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!refusals.mayPass(statusOf(error), wait)) throwUnlessPassing(error, right, namespace);
      if (Date.now() + wait > deadline) throw unreachable(messageOf(error), error);
    }
    await pause(wait);
  }
}

/** Tells a server that allows nothing yet from one that does not allow it, for one call and its repetitions. */
export class Refusals {
  #since: number | undefined;
  #away = false;

  /** @param wait milliseconds until the next try */
  mayPass(status: number | undefined, wait: number): boolean {
    if (status !== 403) {
      this.#away = true;
      return false;
    }
    this.#since ??= Date.now();
    const patience = this.#away ? REFUSAL_PATIENCE_MS.away : REFUSAL_PATIENCE_MS.seen;
    return Date.now() + wait < this.#since + patience;
  }
}

function throwUnlessPassing(error: unknown, right: Right, namespace: string): void {
  if (error instanceof KassetteError) throw error;
  const status = statusOf(error);
  if (status === 403) throw forbidden([right], namespace, error);
  if (status === 401) throw unreachable('it does not accept these credentials', error);
  if (status === undefined && isFinal(error)) throw unreachable(messageOf(error), error);
  if (status === undefined ? codeOf(error) === '' : !PASSING.has(status)) throw error;
}

/** HTTP status of an answer; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

export function forbidden(rights: readonly Right[], namespace: string, cause?: unknown): KassetteError {
  const list = rights.map((r) => `«${nameOfRight(r)}» ${r.purpose}`).join(', ');
  return new KassetteError(
    'FORBIDDEN',
    `Kubernetes does not allow in namespace ${namespace}: ${list}.`,
    'Nothing was changed by this call. Apply deploy/rbac-namespace.yaml (or rbac-cluster.yaml) and use its service account.',
    { cause },
  );
}

function unreachable(why: string, cause: unknown): KassetteError {
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `The Kubernetes API server cannot be used: ${why}`,
    'Check it with «kubectl version»; then run the command again.',
    { cause },
  );
}

/** Names that do not resolve and certificates that do not fit do not mend themselves. */
function isFinal(error: unknown): boolean {
  return /ENOTFOUND|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|Invalid URL/.test(
    `${codeOf(error)} ${messageOf(error)}`,
  );
}

function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error.cause instanceof Error ? `: ${error.cause.message || codeOf(error)}` : '';
  return `${error.message.split('\n')[0]}${inner}`;
}

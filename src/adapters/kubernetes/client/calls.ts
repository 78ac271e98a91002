import { setTimeout as pause } from 'node:timers/promises';
import { ApiException } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import type { Right } from '../../../domain/rights.ts';
import { forbidden, pluginFailure, unauthorized, unreachable } from './call-errors.ts';

/** An API server that is started again is back within this; a call waits that long for it. */
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
  const deadline = performance.now() + PATIENCE_MS;
  const refusals = new Refusals();
  for (let wait = 200; ; wait = Math.min(wait * 2, SLOWEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!refusals.mayPass(statusOf(error), wait)) throwUnlessPassing(error, right, namespace);
      if (performance.now() + wait > deadline) throw unreachable(messageOf(error), error);
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
    this.#since ??= performance.now();
    const patience = this.#away ? REFUSAL_PATIENCE_MS.away : REFUSAL_PATIENCE_MS.seen;
    return performance.now() + wait < this.#since + patience;
  }
}

function throwUnlessPassing(error: unknown, right: Right, namespace: string): void {
  if (error instanceof KassetteError) throw error;
  const status = statusOf(error);
  if (status === 403) throw forbidden([right], namespace, error);
  if (status === 401) throw unauthorized(error);
  const plugin = status === undefined ? pluginFailure(error) : undefined;
  if (plugin !== undefined) throw plugin;
  if (status === undefined && isFinal(error)) throw unreachable(messageOf(error), error);
  if (status === undefined ? codeOf(error) === '' : !PASSING.has(status)) throw error;
}

/** HTTP status of an answer; undefined where none came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** Names that do not resolve, certificates that do not fit and ports that fetch refuses stay as they are. */
function isFinal(error: unknown): boolean {
  return /ENOTFOUND|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|Invalid URL|bad port/.test(
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

import { type Datacenter, STOPPED_FOR_COLD } from '../cluster/topology.ts';
import type { KassetteError } from '../errors.ts';

/** How a restore begins: with the nodes as they run, or with a cold restore of all volumes, or not at all. */
export type Start =
  | { readonly kind: 'run' }
  | Recovery
  | { readonly kind: 'refuse'; readonly error: KassetteError };

export interface Recovery {
  readonly kind: 'recover';
  /** Whole sentences. */
  readonly why: string;
  /** What users are warned of when it is done; null where they have asked for it. */
  readonly warning: string | null;
  /** To be agreed to first; null where that is not asked for. */
  readonly question: string | null;
}

export interface StartOptions {
  readonly method: 'warm' | 'cold' | undefined;
  readonly recover: 'auto' | 'ask' | 'never';
}

/** Before anybody waits for nodes: a cold restore that a killed run has begun has to be continued. */
export function planStart(datacenters: readonly Datacenter[], { method, recover }: StartOptions): Start {
  if (method === 'cold')
    return { kind: 'recover', why: 'A cold restore is asked for.', warning: null, question: null };
  const stopped = datacenters.find((d) => d.coldRestore !== undefined);
  if (stopped === undefined || method === 'warm' || recover === 'never') return { kind: 'run' };
  const why = `Datacenter ${stopped.name} ${STOPPED_FOR_COLD}.`;
  const question = recover === 'ask' ? `${why} Continue it?` : null;
  return { kind: 'recover', why, warning: `${why} It is continued.`, question };
}

/** When nodes do not come up because of what is on their volumes (`DIRTY_VOLUMES`). */
export function planDirty(error: KassetteError, { recover }: Pick<StartOptions, 'recover'>): Start {
  if (recover === 'never') return { kind: 'refuse', error };
  const why = error.message;
  const question = recover === 'ask' ? `${why} Stop the datacenter and restore its volumes cold?` : null;
  return { kind: 'recover', why, warning: `${why} The volumes are restored cold.`, question };
}

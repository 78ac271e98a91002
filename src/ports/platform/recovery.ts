import type { ColdStage, Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { KassetteError } from '../../domain/errors.ts';
import type { ColdResult, ColdSettings } from '../../domain/restore/cold-result.ts';
import type { Asked, PlacedVolume } from '../../domain/restore-state/asked.ts';

/** One volume of a datacenter, which can be restored while nothing else uses it. `name`: of the claim, or the directory. */
export interface ColdVolume extends PlacedVolume {
  /** Null where that is not known. */
  readonly cluster: string | null;
  /** The node that it belongs to; null where that is not known. */
  readonly node: string | null;
}

export interface ColdOptions extends ColdSettings {
  readonly signal: AbortSignal;
}

export type Confirm = (now: Asked) => Promise<void>;

/** Stops and starts datacenters, and restores their volumes meanwhile. All calls may be repeated. */
export interface Recovery {
  /** Why nothing can be restored cold here at all; every call but `log` fails with it. */
  readonly unavailable?: KassetteError;
  /**
   * What the datacenter is asked to be by now.
   * @throws FORBIDDEN where it could not be stopped or started; NOT_FOUND where it is gone
   */
  asked(datacenter: Datacenter): Promise<Asked>;
  /**
   * Try, before the datacenter is stopped, whether processes that restore its volumes can be run: what Kubernetes would not admit, or
   * cannot run, is found here. Leaves nothing.
   * @throws JOB_FAILED in the words of who refuses
   */
  rehearse(datacenter: Datacenter, options: { readonly signal: AbortSignal }): Promise<void>;
  /**
   * Tell the datacenter to stop, and note on it how far the cold restore has come, or to run, and take the note away; returns
   * when it is asked to. With `changing` the revision is noted, too, unless one is; a start that does not end the restore leaves it.
   * @param confirm asked before every attempt, with what the datacenter is asked to be until then: where it fails nothing is asked
   *   for, and where that has changed since, it is asked again
   */
  stop(datacenter: Datacenter, stage: ColdStage, confirm: Confirm): Promise<void>;
  start(datacenter: Datacenter, end: 'restored' | 'given up', confirm: Confirm): Promise<void>;
  /** What still uses the datacenter's volumes; empty where nothing does. */
  users(datacenter: Datacenter): Promise<readonly string[]>;
  /**
   * Volumes by name, or all those of a datacenter, whose object may be gone.
   * @throws NO_VOLUME, FORBIDDEN where what follows would not be allowed
   */
  volumes(
    of: { readonly names: readonly string[] } | { readonly datacenter: string },
  ): Promise<readonly ColdVolume[]>;
  /**
   * Restore one volume cold, by a process that mounts it; `report` gets the lines that it prints.
   * @throws errors of `clean-volume`; VOLUME_IN_USE where something else uses it, at whatever moment; NO_VOLUME, JOB_FAILED where it
   *   could not be run; DATACENTER_CHANGED where it is another volume by now
   */
  clean(volume: ColdVolume, options: ColdOptions, report: (line: string) => void): Promise<ColdResult>;
  /** The end of the log of the node's Cassandra; empty where it cannot be read. Never fails. */
  log(node: Node): Promise<string>;
}

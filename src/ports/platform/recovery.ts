import type { ColdStage, Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { ColdResult, ColdSettings } from '../../domain/restore/cold-result.ts';

/** One volume of a datacenter, which can be restored while nothing else uses it. */
export interface ColdVolume {
  /** Of the claim, or the directory. */
  readonly name: string;
  /** Null where that is not known. */
  readonly cluster: string | null;
  readonly datacenter: string;
  /** The node that it belongs to; null where that is not known. */
  readonly node: string | null;
}

export interface ColdOptions extends ColdSettings {
  readonly signal: AbortSignal;
}

/** Stops and starts datacenters, and restores their volumes meanwhile. All calls may be repeated. */
export interface Recovery {
  /**
   * Whether the datacenter was asked to stop, whatever its nodes do.
   * @throws FORBIDDEN where it could not be stopped or started
   */
  isStopped(datacenter: Datacenter): Promise<boolean>;
  /**
   * Try, before the datacenter is stopped, whether processes that restore its volumes can be run: what Kubernetes would not admit, or
   * cannot run, is found here. Leaves nothing.
   * @throws JOB_FAILED in the words of who refuses
   */
  rehearse(datacenter: Datacenter, options: { readonly signal: AbortSignal }): Promise<void>;
  /**
   * Tell the datacenter to stop, and note on it how far the cold restore has come, or to run, and take the note away; returns
   * when it is asked to.
   * @param confirm asked before every attempt: where it fails nothing is asked for
   */
  stop(datacenter: Datacenter, stage: ColdStage, confirm: () => Promise<void>): Promise<void>;
  start(datacenter: Datacenter, confirm: () => Promise<void>): Promise<void>;
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
   * @throws errors of `clean-volume`; VOLUME_IN_USE, NO_VOLUME, JOB_FAILED where it could not be run
   */
  clean(volume: ColdVolume, options: ColdOptions, report: (line: string) => void): Promise<ColdResult>;
  /** The end of the log of the node's Cassandra; empty where it cannot be read. Never fails. */
  log(node: Node): Promise<string>;
}

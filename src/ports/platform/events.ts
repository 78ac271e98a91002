import type { Datacenter } from '../../domain/cluster/topology.ts';

/** What a run tells those who look at the datacenter later. */
export type Reason =
  | 'BackupMade'
  | 'BackupFailed'
  | 'BackupRefused'
  | 'BackupClosed'
  | 'BackupCloseFailed'
  | 'BackupGivenUp'
  | 'BackupLeft'
  | 'RestoreStarted'
  | 'RestoreFinished'
  | 'RestoreRefused'
  | 'RestoreFailed'
  | 'TablesRestoreStarted'
  | 'TablesRestoreFinished'
  | 'TablesRestoreRefused'
  | 'TablesRestoreFailed';

/** Tells on the datacenters' own records what happened to them. Never fails: what cannot be told is no reason to stop. */
export interface Events {
  tell(datacenters: readonly Datacenter[], reason: Reason, message: string): Promise<void>;
}

import type { Datacenter } from '../../domain/cluster/topology.ts';

/** What a run reports to those who look at the datacenter later. */
export type Reason =
  | 'BackupMade'
  | 'BackupJoined'
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

/** Records on the datacenters what happened to them. Never fails: what cannot be recorded is no reason to stop. */
export interface Events {
  report(datacenters: readonly Datacenter[], reason: Reason, message: string): Promise<void>;
}

import type { Run } from '../../../src/domain/last-runs.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Schedule } from '../runs/schedule.ts';

/** What the simulated ports work on: a cluster with its time, and what is noted of a run. */
export interface Surroundings {
  readonly cluster: Cluster;
  readonly schedule: Schedule;
  readonly events: string[];
  /** What the last runs noted of themselves. */
  runs: readonly Run[];
  readonly warnings: string[];
  /** What must never be, and was. */
  readonly violations: string[];
  isRunning(process: number): boolean;
}

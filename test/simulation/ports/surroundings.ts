import type { Cluster } from '../cluster/cluster.ts';
import type { Schedule } from '../runs/schedule.ts';

/** What the simulated ports work on: a cluster with its time, and what is noted of a run. */
export interface Surroundings {
  readonly cluster: Cluster;
  readonly schedule: Schedule;
  readonly events: string[];
  readonly warnings: string[];
  /** What must never be, and was. */
  readonly violations: string[];
  isRunning(process: number): boolean;
}

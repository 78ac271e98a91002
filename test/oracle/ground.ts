import type { Action, Copying, Damage, Kill, Plan } from './plan.ts';

/** The commands of a round. */
export type OracleCommand = 'before-backup' | 'after-backup' | 'after-restore' | 'clean-volume';

/** How a run of a command came to its end. */
export interface Ended {
  readonly kind: 'done' | 'refused' | 'killed';
  /** Of the error's catalogue; null where there is none. */
  readonly code: string | null;
  /** What a person needs to understand it. */
  readonly text: string;
  /** What the run was doing when it was disturbed; null where it was not. */
  readonly point: string | null;
}

/** What a round needs of a cluster, simulated or real. One ground serves many rounds, one after another. */
export interface Ground {
  /** Remove what the last round left, and make the plan's schema, with the rows of its parts. */
  begin(plan: Plan): Promise<void>;
  perform(action: Action): Promise<void>;
  /** Note the whole database as it is: what a restore has to bring about. Writes have ended. */
  remember(): Promise<void>;
  /** Whether the database is the remembered one, in every cell, on every replica; a line for each difference. */
  differences(): Promise<readonly string[]>;
  /** Like `differences`, of everything that a refused restore must not have changed, since the last call of `mark`. */
  changes(): Promise<readonly string[]>;
  mark(): Promise<void>;
  /** Clients that write to a table of its own from before the backup until the volumes are copied. */
  startWriter(): Promise<void>;
  stopWriter(): Promise<void>;
  run(command: OracleCommand, args: readonly string[], kill: Kill | null): Promise<Ended>;
  copy(node: number, how: Copying['how']): Promise<void>;
  /** All nodes lose power, and the copies come in the place of the volumes; nothing runs afterwards. */
  putBack(): Promise<void>;
  start(): Promise<void>;
  /** Allow again what was forbidden. */
  allow(): Promise<void>;
  damage(damage: Damage): Promise<void>;
  mend(): Promise<void>;
  /** Files of the restore and the backup that should not be there any more. */
  leftovers(): Promise<readonly string[]>;
  /** Cells compared up to now. */
  readonly cells: number;
}

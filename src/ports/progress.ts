import type { Hint } from '../domain/hint.ts';

/** Reports progress to users. Never fails, never writes to standard output. */
export interface Progress {
  /** Run one step of the command under a title, in order. */
  step<T>(title: string, work: (report: StepReport) => Promise<T>): Promise<T>;
  /** Something that people should know but that stops nothing. */
  warn(message: Hint): void;
}

/** Updates the running step's line: `done` of `total` of what the title names, or a free text. */
export interface StepReport {
  count(done: number, total: number): void;
  note(text: string): void;
}

import type { Progress } from '../../ports/progress.ts';

export type LogLevel = 'silent' | 'warn' | 'info' | 'debug';

export interface EndableProgress extends Pick<Progress, 'step'> {
  warn(message: string): void;
  end(): void;
}

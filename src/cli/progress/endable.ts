import type { Progress } from '../../ports/progress.ts';

export type LogLevel = 'silent' | 'warn' | 'info' | 'debug';

export type EndableProgress = Progress & { end(): void };

import type { EndableProgress, LogLevel } from './endable.ts';
import { plainProgress } from './plain.ts';
import { terminalProgress } from './terminal.ts';

/** Bars in a terminal; otherwise, and where every call is logged, a line for each step. */
export function progressFor(level: LogLevel, stream: NodeJS.WriteStream): EndableProgress {
  const bars = stream.isTTY && level === 'info' && process.env['TERM'] !== 'dumb';
  return bars ? terminalProgress(stream) : plainProgress(level, (line) => stream.write(`${line}\n`));
}

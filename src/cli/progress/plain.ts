import { formatSeconds } from '../quantities.ts';
import type { EndableProgress, LogLevel } from './endable.ts';

/** A step that takes long says where it is about this often, milliseconds. */
const EVERY_MS = 5000;

/** One line when a step ends, with its time, and some in between where it takes long. */
export function plainProgress(level: LogLevel, write: (line: string) => void): EndableProgress {
  const logs = level === 'info' || level === 'debug';
  const say = (text: string) => write(`${new Date().toISOString()} ${text}`);
  return {
    async step(title, work) {
      const started = performance.now();
      let reportedAt = started;
      let state = '';
      const update = (text: string) => {
        const changed = text !== state;
        state = text;
        if (!logs || performance.now() - reportedAt < EVERY_MS || !changed) return;
        reportedAt = performance.now();
        say(`${title}: ${text}`);
      };
      const result = await work({ count: (done, total) => update(`${done} of ${total}`), note: update });
      const count = / of /.test(state) ? `: ${state}` : '';
      if (logs) say(`${title}${count} (${formatSeconds((performance.now() - started) / 1000)})`);
      return result;
    },
    warn(message) {
      if (level !== 'silent') say(`warning: ${message}`);
    },
    end() {},
  };
}

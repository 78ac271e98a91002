import { formatSeconds } from '../quantities.ts';
import type { EndableProgress, LogLevel } from './endable.ts';

/** A step that takes long says where it is about this often, milliseconds. */
const EVERY_MS = 5000;

/** One line when a step ends, with its time, and some in between where it takes long. */
export function plainProgress(level: LogLevel, write: (line: string) => void): EndableProgress {
  const tells = level === 'info' || level === 'debug';
  const say = (text: string) => write(`${new Date().toISOString()} ${text}`);
  return {
    async step(title, work) {
      const started = performance.now();
      let told = started;
      let state = '';
      const update = (text: string) => {
        const changed = text !== state;
        state = text;
        if (!tells || performance.now() - told < EVERY_MS || !changed) return;
        told = performance.now();
        say(`${title}: ${text}`);
      };
      const result = await work({ count: (done, total) => update(`${done} of ${total}`), note: update });
      const count = / of /.test(state) ? `: ${state}` : '';
      if (tells) say(`${title}${count} (${formatSeconds((performance.now() - started) / 1000)})`);
      return result;
    },
    warn(message) {
      if (level !== 'silent') say(`warning: ${message}`);
    },
    end() {},
  };
}

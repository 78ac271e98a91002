import { Listr, ListrLogger, PRESET_TIMER, ProcessOutput } from 'listr2';
import type { StepReport } from '../../ports/progress.ts';
import type { EndableProgress } from './endable.ts';

const WIDTH = 24;

/** A spinner and a bar for each step. A step within a running one (clusters go in parallel) shows as its note. */
export function terminalProgress(stream: NodeJS.WriteStream): EndableProgress {
  let shown: { output: string } | null = null;
  const warnings: string[] = [];
  return {
    async step(title, work) {
      const outer = shown;
      if (outer !== null) {
        outer.output = title;
        return work({
          count: (done, total) => {
            outer.output = `${title} ${bar(done, total)}`;
          },
          note: (text) => {
            outer.output = `${title}: ${text}`;
          },
        });
      }
      return renderStep(stream, title, work, (task) => {
        shown = task;
      });
    },
    warn: (message) => void warnings.push(message),
    end() {
      for (const message of warnings) stream.write(`warning: ${message}\n`);
    },
  };
}

async function renderStep<T>(
  stream: NodeJS.WriteStream,
  title: string,
  work: (report: StepReport) => Promise<T>,
  show: (task: { output: string } | null) => void,
): Promise<T> {
  const box: { value?: T } = {};
  const run = async (_: unknown, task: { output: string }) => {
    show(task);
    box.value = await work({
      count: (done, total) => {
        task.output = bar(done, total);
      },
      note: (text) => {
        task.output = text;
      },
    });
  };
  const list = new Listr([{ title, task: run }], {
    renderer: 'default',
    forceTTY: true,
    rendererOptions: {
      // Standard output is kept for the result.
      logger: new ListrLogger({ processOutput: new ProcessOutput(stream, stream) }),
      timer: PRESET_TIMER,
    },
  });
  try {
    await list.run();
  } finally {
    show(null);
  }
  return box.value as T;
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? WIDTH : Math.round((done / total) * WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done} of ${total}`;
}

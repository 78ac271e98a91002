import { formatBytes, formatSeconds } from '../../../domain/amounts.ts';
import type { Ports } from '../../../ports/ports.ts';
import type { StepReport } from '../../../ports/progress.ts';

/** Reports how many bytes were copied and how long the rest will take, and keeps to the rate that was asked for. */
export class Meter {
  readonly #ports: Ports;
  readonly #report: StepReport;
  readonly #total: number;
  readonly #started: number;
  #skipped = 0;
  #copied = 0;

  constructor(ports: Ports, report: StepReport, total: number) {
    this.#ports = ports;
    this.#report = report;
    this.#total = total;
    this.#started = ports.clock.now().getTime();
  }

  /** What had arrived before. */
  skip(bytes: number): void {
    this.#skipped += bytes;
  }

  async copied(bytes: number, perSecond: number | null): Promise<void> {
    this.#copied += bytes;
    const seconds = (this.#ports.clock.now().getTime() - this.#started) / 1000;
    const left = this.#total - this.#skipped - this.#copied;
    const estimate = formatSeconds((left / this.#copied) * seconds);
    const done = formatBytes(this.#skipped + this.#copied);
    this.#report.note(`${done} of ${formatBytes(this.#total)}, about ${estimate} left`);
    if (perSecond === null) return;
    const due = this.#copied / perSecond;
    if (due > seconds) await this.#ports.clock.sleep((due - seconds) * 1000);
  }
}

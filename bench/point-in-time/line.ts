import type { ArchivingCost } from './archiving.ts';
import type { Rewinding } from './rewinding.ts';

export function printArchiving({ throughput, p99, writesPerSecond, segments }: ArchivingCost): void {
  console.log(
    [
      '',
      `archiving, two nodes in turns, ${writesPerSecond.toFixed(0)} writes a second, ${segments} segments archived`,
      `throughput with over without: ${throughput.toFixed(3)}`,
      `99th percentile of the latency, the same: ${p99.toFixed(3)}`,
    ].join('\n'),
  );
}

export function printRewinding(all: readonly Rewinding[]): void {
  const lines = all.map(
    ({ bytes, seconds, replayed }) =>
      `${(bytes / 1024 ** 2).toFixed(0).padStart(8)} MiB of log${seconds.toFixed(1).padStart(10)} s${String(replayed).padStart(12)} mutations`,
  );
  console.log(['', 'rewind of three nodes', ...lines].join('\n'));
}

export const archivingLine = ({ throughput, p99 }: ArchivingCost) => ({
  archiving_throughput_ratio: round(throughput),
  archiving_p99_ratio: round(p99),
});

export const rewindLine = ({ bytes, seconds }: Rewinding) => ({
  rewind_log_bytes: bytes,
  rewind_seconds: round(seconds),
});

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

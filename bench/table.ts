import type { Outcome } from './case.ts';

export function printTable(outcome: Outcome): void {
  const { line } = outcome;
  const row = (what: string, [conventional, kassette]: readonly [number, number]) =>
    `${what.padEnd(14)}${conventional.toFixed(1).padStart(14)} s${kassette.toFixed(1).padStart(12)} s${(conventional / kassette).toFixed(1).padStart(10)}`;
  console.log(
    [
      '',
      `${line.tables} tables, three nodes, ${outcome.bytes} bytes`,
      `${''.padEnd(14)}${'conventional'.padStart(16)}${'kassette'.padStart(14)}${'ratio'.padStart(10)}`,
      row('before backup', outcome.backup),
      row('after backup', outcome.afterBackup),
      row('restore', outcome.restore),
      `floor: emptying the tables alone ${outcome.floor.toFixed(1)} s`,
      `the same tables with ${outcome.bigger[0]} bytes: restore ${outcome.bigger[1].toFixed(1)} s`,
      `skew ${line.skew_ms} ms, ${line.extra_bytes} bytes made anew, ${line.rss_mb.toFixed(0)} MB of memory`,
    ].join('\n'),
  );
}

import type { OneTable } from './case.ts';
import type { Measured } from './traffic.ts';

/** Time: by hand over kassette. Read and written: kassette's bytes over those of the table's files. */
export function oneTableLine({ bytes, fromBackup, fromCopies, rssMb }: OneTable) {
  const ratio = ([hand, kassette]: readonly [Measured, Measured]) => round(hand.seconds / kassette.seconds);
  const share = (n: number) => round(n / bytes);
  return {
    one_table_bytes: bytes,
    from_backup_ratio: ratio(fromBackup),
    from_backup_read: share(fromBackup[1].read),
    from_backup_written: share(fromBackup[1].written),
    from_copies_ratio: ratio(fromCopies),
    from_copies_read: share(fromCopies[1].read),
    from_copies_written: share(fromCopies[1].written),
    rss_mb: round(rssMb),
  };
}

export function printOneTable({ bytes, fromBackup, fromCopies, rssMb }: OneTable): void {
  const cell = ({ seconds, read, written }: Measured) =>
    `${seconds.toFixed(1)} s, read ${megabytes(read)}, written ${megabytes(written)}`.padEnd(44);
  const row = (what: string, [hand, kassette]: readonly [Measured, Measured]) =>
    `${what.padEnd(18)}${cell(hand)}${cell(kassette)}${(hand.seconds / kassette.seconds).toFixed(1)}`;
  console.log(
    [
      '',
      `one table of 41, three nodes, ${megabytes(bytes)} of files`,
      `${''.padEnd(18)}${'by hand'.padEnd(44)}${'kassette'.padEnd(44)}ratio`,
      row('from the volumes', fromBackup),
      row('from copies', fromCopies),
      `${rssMb.toFixed(0)} MB of memory`,
    ].join('\n'),
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

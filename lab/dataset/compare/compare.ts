import type { DataRecord, RowRecord, TableRecord } from './record.ts';

export type DifferenceKind =
  | 'missing table'
  | 'extra table'
  | 'columns'
  | 'missing row'
  | 'extra row'
  | 'value'
  | 'write time'
  | 'expiry';

export interface Difference {
  readonly table: string;
  readonly kind: DifferenceKind;
  /** The row's key; empty for a difference of the table itself. */
  readonly key: string;
  readonly column?: string;
  readonly expected?: string;
  readonly actual?: string;
}

export interface CompareOptions {
  /** Differences kept; all are counted. */
  readonly limit?: number;
  /** TTL is given in whole seconds, from a clock that was read a moment before. */
  readonly expiryToleranceSeconds?: number;
}

export interface Comparison {
  readonly identical: boolean;
  readonly tables: number;
  /** Rows of the expected record, and how many of them are the same in every cell. */
  readonly rows: number;
  readonly rowsIdentical: number;
  readonly cells: number;
  readonly differenceCount: number;
  readonly differences: readonly Difference[];
}

/** Compares cell by cell: values, write times, expiry; rows and tables that are missing or too many. */
export function compareData(
  expected: DataRecord,
  actual: DataRecord,
  options: CompareOptions = {},
): Comparison {
  const tolerance = options.expiryToleranceSeconds ?? 2;
  const tally = { rows: 0, rowsIdentical: 0, cells: 0, differenceCount: 0 };
  const differences: Difference[] = [];
  const report: Report = (difference) => {
    tally.differenceCount++;
    if (differences.length < (options.limit ?? 20)) differences.push(difference);
  };

  for (const [name, table] of Object.entries(expected.tables)) {
    const rows = Object.keys(table.rows).length;
    tally.rows += rows;
    tally.cells += rows * table.columns.length;
    const other = actual.tables[name];
    if (other === undefined) report({ table: name, kind: 'missing table', key: '' });
    else tally.rowsIdentical += compareTable(name, table, other, tolerance, report);
  }
  for (const name of Object.keys(actual.tables)) {
    if (expected.tables[name] === undefined) report({ table: name, kind: 'extra table', key: '' });
  }
  return {
    identical: tally.differenceCount === 0,
    tables: Object.keys(expected.tables).length,
    ...tally,
    differences,
  };
}

type Report = (difference: Difference) => void;

/** Answers the number of identical rows. */
function compareTable(
  name: string,
  expected: TableRecord,
  actual: TableRecord,
  tolerance: number,
  report: Report,
): number {
  if (expected.columns.join('\n') !== actual.columns.join('\n')) {
    const [before, after] = [expected.columns.join(', '), actual.columns.join(', ')];
    report({ table: name, kind: 'columns', key: '', expected: before, actual: after });
    return 0;
  }
  let identical = 0;
  for (const [key, row] of Object.entries(expected.rows)) {
    const other = actual.rows[key];
    const found: readonly RowDifference[] =
      other === undefined
        ? [{ kind: 'missing row', expected: row.values.join(', ') }]
        : compareRows(expected, row, other, tolerance);
    if (found.length === 0) identical++;
    for (const difference of found) report({ table: name, key, ...difference });
  }
  for (const [key, row] of Object.entries(actual.rows)) {
    if (expected.rows[key] === undefined) {
      report({ table: name, kind: 'extra row', key, actual: row.values.join(', ') });
    }
  }
  return identical;
}

type RowDifference = Omit<Difference, 'table' | 'key'>;

/** The cells in which two rows of one key differ. */
export function compareRows(
  table: Pick<TableRecord, 'columns' | 'keyColumns'>,
  expected: RowRecord,
  actual: RowRecord,
  tolerance: number,
): readonly RowDifference[] {
  const apart = tolerance + Math.max(expected.early ?? 0, actual.early ?? 0);
  return table.columns.flatMap((column, index) => [
    ...differing('value', column, expected.values[index], actual.values[index]),
    ...differing(
      'write time',
      column,
      expected.written[index - table.keyColumns],
      actual.written[index - table.keyColumns],
    ),
    ...differingExpiry(column, expected.expires?.[column] ?? [], actual.expires?.[column] ?? [], apart),
  ]);
}

function differing(
  kind: DifferenceKind,
  column: string,
  expected: string | undefined,
  actual: string | undefined,
): readonly RowDifference[] {
  if (expected === actual) return [];
  return [{ kind, column, expected: expected || 'none', actual: actual || 'none' }];
}

function differingExpiry(
  column: string,
  expected: readonly (number | null)[],
  actual: readonly (number | null)[],
  tolerance: number,
): readonly RowDifference[] {
  const same =
    expected.length === actual.length &&
    expected.every((moment, index) => {
      const other = actual[index] ?? null;
      if (moment === null || other === null) return moment === other;
      return Math.abs(moment - other) <= tolerance;
    });
  if (same) return [];
  return [{ kind: 'expiry', column, expected: textOfExpiry(expected), actual: textOfExpiry(actual) }];
}

function textOfExpiry(moments: readonly (number | null)[]): string {
  if (moments.length === 0) return 'never';
  return moments
    .map((moment) => (moment === null ? 'never' : new Date(moment * 1000).toISOString()))
    .join(', ');
}

/** One line for each difference kept, and how many more there are. */
export function describeDifferences(comparison: Pick<Comparison, 'differences' | 'differenceCount'>): string {
  const lines = comparison.differences.map(({ table, kind, key, column, expected, actual }) => {
    const where = [table, key && `row ${key}`, column && `column ${column}`].filter(Boolean).join(', ');
    const what = [expected !== undefined && `expected ${expected}`, actual !== undefined && `got ${actual}`];
    return `${kind}: ${where}: ${what.filter(Boolean).join(', ')}`.replace(/: $/, '');
  });
  const more = comparison.differenceCount - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

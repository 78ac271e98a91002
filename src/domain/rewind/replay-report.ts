import { z } from 'zod';
import { isSystemKeyspace } from '../cluster/system-keyspaces.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';
import { firstFew } from '../sentence.ts';

const count = z.int().nonnegative();
const byName = z.record(z.string(), z.string());

/** What a node's replay says that it did, and what it found. */
const report = z.readonly(
  z.object({
    replayed: count,
    /** Written after the target. */
    later: count,
    /** Written after the target, to columns that are not there yet. */
    laterSchema: count,
    /** To tables that are left as the backup has them. */
    skipped: count,
    /** Ends of segments that the end of the node left half written. */
    torn: count,
    /** By the id of a table that is not there: dropped until the target, or created after it. */
    unknown: z.record(z.string(), count),
    /** Microseconds, by `keyspace.table`. */
    lastWrites: z.record(z.string(), z.number()),
    /** The node's records of when tables were truncated, hexadecimal, by the table's id: before and after. */
    truncatedBefore: byName,
    truncatedAfter: byName,
    /** `keyspace.name` of tables and of views, by their ids. */
    tables: byName,
    views: byName,
    /** What indexes are, by `keyspace.table.index`: before and after. */
    indexesBefore: byName,
    indexes: byName,
  }),
);
export type ReplayReport = z.infer<typeof report>;

export function parseReplayReport(value: unknown): ReplayReport {
  return report.parse(value);
}

/**
 * That all nodes had one schema at the target. A DDL that was under way then may have reached some only: what was written to a table that a
 * node did not know is not in that node. @throws SCHEMA_DISAGREEMENT
 */
export function checkOneSchema(reports: ReadonlyMap<string, ReplayReport>, to: string): void {
  const [first, ...others] = [...reports];
  if (first === undefined) return;
  const text = ({ tables, indexes }: ReplayReport) => JSON.stringify([entries(tables), entries(indexes)]);
  const other = others.find(([, r]) => text(r) !== text(first[1]));
  if (other === undefined) return;
  const names = differing(first[1].tables, other[1].tables);
  throw new KassetteError(
    'SCHEMA_DISAGREEMENT',
    `At ${to} ${first[0]} and ${other[0]} had different schemas: a change was under way${names.length === 0 ? '' : ` (${firstFew(names)})`}.`,
    hint`The state before the rewind is kept: run ${kassette('rewind', '--undo')}, then choose a second that is a few seconds earlier or later.`,
  );
}

/**
 * That no TRUNCATE was under way at the target. All nodes take part in one, and each notes it when it has removed its files: where some had and others had not,
 * rows would come back on some replicas, and be gone on others. @throws SCHEMA_DISAGREEMENT
 */
export function checkNoTruncateUnderWay(reports: ReadonlyMap<string, ReplayReport>, target: Date): void {
  const [first] = reports.values();
  const truncated = (r: ReplayReport) =>
    Object.keys(r.tables).filter((id) => isTruncated(r, id) && !isOwn(r.tables[id]));
  const ids = new Set([...reports.values()].flatMap(truncated));
  const behind = [...ids].flatMap((id) => {
    const nodes = nodesBehind(reports, id, target);
    return nodes.length === 0 ? [] : [{ name: first?.tables[id] ?? id, nodes }];
  });
  if (behind.length === 0) return;
  const names = behind.map((b) => b.name).toSorted();
  const nodes = [...new Set(behind.flatMap((b) => b.nodes))];
  throw new KassetteError(
    'SCHEMA_DISAGREEMENT',
    `At ${target.toISOString()} a TRUNCATE was under way (${firstFew(names)}): ${firstFew(nodes)} had not done it, other nodes had.`,
    hint`The state before the rewind is kept: run ${kassette('rewind', '--undo')}, then choose a second from before it, or from when all nodes had done it.`,
  );
}

/** What Cassandra waits for all nodes (`truncate_request_timeout`, by default). */
const TRUNCATE_MS = 60_000;

/** Which had not done what others had: of a table that was truncated more than once, those whose record is that of an earlier one. */
function nodesBehind(
  reports: ReadonlyMap<string, ReplayReport>,
  id: string,
  target: Date,
): readonly string[] {
  const at = (r: ReplayReport) => truncatedAt(r.truncatedAfter[id]);
  const latest = Math.max(...[...reports.values()].map(at));
  const isRecent = target.getTime() - latest < TRUNCATE_MS;
  const isBehind = (r: ReplayReport) => !isTruncated(r, id) || (isRecent && latest - at(r) > TRUNCATE_MS);
  return [...reports].filter(([, r]) => isBehind(r)).map(([node]) => node);
}

/** A record ends with the time, milliseconds since 1970 (`SystemKeyspace.truncationAsMapEntry`). */
export const truncatedAt = (record = '') => Number.parseInt(record.slice(-16), 16) || 0;

/** Since the backup. */
export const isTruncated = ({ truncatedBefore, truncatedAfter }: ReplayReport, id: string) =>
  truncatedAfter[id] !== truncatedBefore[id];

/** Each node truncates tables of its own when it likes. */
const isOwn = (table = '') => isSystemKeyspace(table.split('.')[0] ?? '');

/** A view may have been made after the backup, and dropped since the target. @throws REWIND_UNSUPPORTED */
export function checkNoViews(reports: ReadonlyMap<string, ReplayReport>, to: string): void {
  const names = [...new Set([...reports.values()].flatMap((r) => Object.values(r.views)))];
  if (names.length === 0) return;
  throw new KassetteError(
    'REWIND_UNSUPPORTED',
    `At ${to} there was a materialized view, ${firstFew(names)}; a rewind of a cluster with views is not possible yet.`,
    hint`The state before the rewind is kept: run ${kassette('rewind', '--undo')}, then choose a second at which there was none.`,
  );
}

const entries = (of: Readonly<Record<string, string>>) =>
  Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1));

function differing(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): readonly string[] {
  const only = (of: typeof a, not: typeof a) =>
    Object.keys(of)
      .filter((id) => not[id] === undefined)
      .map((id) => of[id] ?? id);
  return [...only(a, b), ...only(b, a)].toSorted();
}

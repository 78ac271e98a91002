import { quoted } from '../model.ts';
import { featuresOf } from '../release.ts';

/** How to ask for what a column's cells have beside their values. */
export interface CellTimes {
  /** CQL expressions for when they were written. */
  readonly written: readonly string[];
  /** CQL expressions for in how many seconds they expire. */
  readonly ttls: readonly string[];
}

const SINGLE_CELL =
  /^(frozen<|vector<|tuple<|'|(ascii|bigint|blob|boolean|date|decimal|double|duration|float|inet|int|smallint|text|time|timestamp|timeuuid|tinyint|uuid|varint)$)/;

const FROZEN_COLLECTION = /^frozen<(list|set|map)</;
const NONE = { written: [], ttls: [] } as const;

/**
 * How to ask when a column's cells were written and will expire. A counter has neither. Before 5.0 the cells of collections
 * and non-frozen types have both, but CQL does not tell them.
 *
 * `fields` are those of a user-defined type that `type` names. They are asked for one by one, and a collection's TTLs
 * only for their number and bounds, because lists with nulls (an absent field, an element without a TTL) cannot be read: the
 * driver takes the null's length for an offset, and toJson fails in Cassandra itself.
 */
export function columnTimes(
  column: string,
  type: string,
  release: string,
  fields: readonly string[] | undefined,
): CellTimes {
  const features = featuresOf(release);
  const name = quoted(column);
  if (FROZEN_COLLECTION.test(type) && !features.timesOfFrozenCollections) return NONE;
  if (SINGLE_CELL.test(type)) return { written: [`WRITETIME(${name})`], ttls: [`TTL(${name})`] };
  if (type === 'counter' || !features.timesOfMultiCellColumns) return NONE;
  if (fields !== undefined) {
    const parts = fields.map((field) => `${name}.${quoted(field)}`);
    return { written: parts.map((part) => `WRITETIME(${part})`), ttls: parts.map((part) => `TTL(${part})`) };
  }
  const ttl = `TTL(${name})`;
  return {
    written: [`WRITETIME(${name})`, `collection_count(${ttl})`],
    ttls: [`collection_min(${ttl})`, `collection_max(${ttl})`],
  };
}

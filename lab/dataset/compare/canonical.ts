import { createHash } from 'node:crypto';
import { types } from 'cassandra-driver';

/** Longer texts are kept as their hash, so that a record of 10,000 rows of 1 KB stays small. */
const LONGEST = 120;

/**
 * One text for each value that the driver reads: equal texts mean equal values of one type. Expects CQL maps as `Map`
 * (see `datasetClientOptions`). The driver keeps what Cassandra sends exactly, but for the
 * payload of a NaN, and for empty values of types other than texts and blobs: it reads those as null.
 */
export function canonicalValue(value: unknown): string {
  const text = textOf(value);
  if (text.length <= LONGEST) return text;
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32);
  return `${text.slice(0, 24)}… ${text.length} characters, sha256 ${digest}`;
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : textOfObject(value);
    case 'undefined':
      return 'null';
    default:
      throw new TypeError(`Not a value that cassandra-driver reads: ${typeof value}`);
  }
}

function textOfObject(value: object): string {
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(textOf).join(', ')}]`;
  if (value instanceof types.Vector) return `vector[${[...value].map(textOf).join(', ')}]`;
  if (value instanceof types.Tuple) return `(${value.values().map(textOf).join(', ')})`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, element]) => `${textOf(key)}: ${textOf(element)}`).join(', ')}}`;
  }
  // Uuid, Long, Integer, BigDecimal, InetAddress, LocalDate, LocalTime and Duration have an exact text of their own.
  // Only the empty duration's is empty.
  if (Object.getPrototypeOf(value) !== Object.prototype) return String(value) || '0s';
  return `{${Object.entries(value)
    .map(([field, element]) => `${field}: ${textOf(element)}`)
    .join(', ')}}`;
}

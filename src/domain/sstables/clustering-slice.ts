import type { Fields } from './fields.ts';

/** Bytes of values that have no length before them, by their class. Source: `valueLengthIfFixed` of Cassandra 5.0. */
const FIXED: Readonly<Record<string, number>> = {
  BooleanType: 1,
  DateType: 8,
  DoubleType: 8,
  EmptyType: 0,
  FloatType: 4,
  Int32Type: 4,
  LegacyTimeUUIDType: 16,
  LexicalUUIDType: 16,
  LongType: 8,
  TimeUUIDType: 16,
  TimestampType: 8,
  UUIDType: 16,
};

/** `org.apache.cassandra.db.marshal.ReversedType(org.….Int32Type)` → 4; null where values have a length before them. */
export function fixedLength(type: string): number | null {
  const bare = type.replaceAll(/org\.apache\.cassandra\.db\.marshal\.|\s/g, '');
  const reversed = /^ReversedType\((.*)\)$/.exec(bare)?.[1];
  if (reversed !== undefined) return fixedLength(reversed);
  const [, element, dimension] = /^VectorType\((.*),(\d+)\)$/.exec(bare) ?? [];
  if (element === undefined) return FIXED[bare] ?? null;
  const length = fixedLength(element);
  return length === null ? null : length * Number(dimension);
}

/** The types of a table's clustering columns, and the slice of them that an SSTable covers. */
export function skipSlice(fields: Fields): void {
  const types = Array.from({ length: Number(fields.unsignedVint()) }, () => fields.vintBytes().toString());
  const lengths = types.map(fixedLength);
  skipBound(fields, lengths);
  skipBound(fields, lengths);
}

/** Kind, number of values, and the values behind a header for each 32 of them: two bits each, null or empty. */
function skipBound(fields: Fields, lengths: readonly (number | null)[]): void {
  fields.skip(1);
  const size = fields.short();
  let header = 0n;
  for (let i = 0; i < size; i++) {
    if (i % 32 === 0) header = fields.unsignedVint();
    if (((header >> BigInt((i % 32) * 2)) & 3n) !== 0n) continue;
    const length = lengths[i];
    if (length === undefined) throw new RangeError('a value has no type');
    if (length === null) fields.vintBytes();
    else fields.skip(length);
  }
}

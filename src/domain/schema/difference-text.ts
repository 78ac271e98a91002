import { keyOf, type SchemaObject } from './schema.ts';
import { firstDifference } from './schema-compare.ts';
import { columnsOf } from './table-columns.ts';

/** The differences between a saved and a live definition of one object in words: columns and fields by name. */
export function describeDifferences(saved: SchemaObject, now: SchemaObject, fate: string): readonly string[] {
  const name = keyOf(saved);
  const columns = saved.kind === 'table' || saved.kind === 'type' ? columnDifferences(saved, now) : [];
  const differences =
    columns.length > 0 ? columns : [`differs: \`${firstDifference(saved, now).slice(0, 120)}\``];
  return differences.map((what) => `${name} ${what}; it ${fate}`);
}

function columnDifferences(saved: SchemaObject, now: SchemaObject): readonly string[] {
  const [before, after] = [columnsOf(saved).columns, columnsOf(now).columns];
  return [
    ...[...before].flatMap(([name, type]) => {
      const other = after.get(name);
      if (other === undefined) return [`has no \`${name} ${type}\` any more`];
      return other === type ? [] : [`has \`${name} ${other}\` instead of \`${name} ${type}\``];
    }),
    ...[...after].flatMap(([name, type]) =>
      before.has(name) ? [] : [`has got the new \`${name} ${type}\` since`],
    ),
  ];
}

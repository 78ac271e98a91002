import { described } from '../../simulation/cluster/schema-text.ts';
import type { World } from '../../simulation/cluster/world.ts';
import { LIVE } from './schema.ts';

/** All of a simulated cluster that a restore is about, as lines that can be compared. */
export interface Noted {
  readonly lines: ReadonlySet<string>;
  readonly cells: number;
}

export function note({ cluster }: World): Noted {
  const rows = Object.entries(cluster.rows).flatMap(([node, tables]) =>
    Object.entries(tables)
      .filter(([table]) => !table.startsWith(`${LIVE}.`))
      .flatMap(([table, cells]) =>
        Object.entries(cells).map(([key, value]) => `${node}: ${table}: ${key} = ${value}`),
      ),
  );
  const { schema } = cluster.state;
  const objects = described(schema).map((s) => s.replace(/ID = \S+\s+AND /, ''));
  const permissions = schema.permissions.map(
    (p) => `${p.role} ${p.resource} ${p.permissions.toSorted().join(' ')}`,
  );
  return { lines: new Set([...rows, ...objects, ...permissions]), cells: rows.length };
}

export function unlike(expected: Noted | undefined, actual: Noted): readonly string[] {
  if (expected === undefined) return ['nothing was noted'];
  return [
    ...[...expected.lines].filter((line) => !actual.lines.has(line)).map((line) => `missing: ${line}`),
    ...[...actual.lines].filter((line) => !expected.lines.has(line)).map((line) => `too much: ${line}`),
  ];
}

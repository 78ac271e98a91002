import { KassetteError } from '../../domain/errors.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { keyOf, type Schema, type SchemaObject } from '../../domain/schema/schema.ts';
import type { TableEntry } from '../../domain/tables/table-journal.ts';
import type { TableRestorePlan } from '../../domain/tables/table-plan.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { TableFacts } from './facts.ts';
import { keyOfRun, writeEntry } from './journal.ts';
import type { TableOptions } from './options.ts';

/** Note which tables were made under another name, by their ids: a later run knows its own by them. */
export async function noteIds(
  ports: Ports,
  facts: TableFacts,
  plan: TableRestorePlan,
  begun: ReadonlyMap<string, TableEntry>,
  options: TableOptions,
): Promise<ReadonlyMap<string, TableEntry>> {
  const all = await facts.session.tableIds();
  const names = plan.tables.map(tableKey);
  const ids = Object.fromEntries(names.map((name) => [name, all.get(name) ?? '']));
  const pairs = await each(
    facts.nodes,
    async (live) => {
      const { node } = live;
      const entry = begun.get(node.name);
      if (entry === undefined) throw new KassetteError('INTERNAL', 'A node has no entry', 'Report this.');
      const noted = { ...entry, ids };
      await writeEntry(ports, live, plan, noted);
      return [node.name, noted] as const;
    },
    options,
  );
  return new Map(pairs);
}

/**
 * Which live objects an interrupted run of the same restore made under another name: a table by its id, or where it was killed
 * before it noted that, only an empty one.
 */
export async function ownBefore(
  session: CqlSession,
  facts: Pick<TableFacts, 'nodes' | 'tag'>,
  live: Schema,
  options: TableOptions,
): Promise<ReadonlySet<string>> {
  const key = keyOfRun(facts, options);
  const entries = facts.nodes.flatMap((n) => n.entries.filter((e) => e.key === key));
  const recreated = new Set(entries.flatMap((e) => e.recreated));
  const noted = new Set(entries.flatMap((e) => Object.entries(e.ids).map((pair) => pair.join(' '))));
  const isNoted = entries.some((e) => Object.keys(e.ids).length > 0);
  const ids = await session.tableIds();
  const own = new Set<string>();
  for (const table of live.filter((o) => o.kind === 'table' && recreated.has(keyOf(o)))) {
    const { keyspace, name } = table;
    const is = isNoted
      ? noted.has(`${tableKey(table)} ${ids.get(tableKey(table))}`)
      : await session.isEmpty(keyspace, name);
    if (is) own.add(keyOf(table));
  }
  const isOnOwn = ({ keyspace, base = '' }: SchemaObject) =>
    own.has(keyOf({ kind: 'table', keyspace, name: base }));
  const others = live.filter((o) => o.kind === 'index' && recreated.has(keyOf(o)) && isOnOwn(o));
  return new Set([...own, ...others.map(keyOf)]);
}

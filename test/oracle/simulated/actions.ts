import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TableOnDisk } from '../../simulation/cluster/cassandra.ts';
import { compareAndSet, readSerially } from '../../simulation/cluster/paxos.ts';
import { sstableName, writeSstable } from '../../simulation/cluster/sstables.ts';
import type { World } from '../../simulation/cluster/world.ts';
import type { Action, ActionOf, Range } from '../plan.ts';
import { keyspaceOf, nameOf, OWN, tableStatement } from './schema.ts';

/** Rows of a partition. */
const PARTITION = 10;
/** Above what nodes count up to, below what kassette links. */
const STRAY_GENERATION = 700_000;
/** All registers that plans write to. */
const REGISTERS = 15;

type Doing = {
  readonly [K in Action['do']]: (world: World, action: ActionOf<K>) => void;
};

/** Do to a simulated cluster what an action says, as far as that has it. What is gone is left alone. */
export function perform(world: World, action: Action): void {
  const work = DOING[action.do] as (world: World, action: Action) => void;
  work(world, action);
}

const onTable = (world: World, { do: how, table }: ActionOf<'truncate' | 'drop' | 'recreate' | 'alter'>) =>
  changeTable(world, OWN, table, how);
const nothing = () => {};

const DOING: Doing = {
  put: (world, action) => write(world, OWN, action.table, keys(action), `v${action.version}`),
  remove: (world, action) => write(world, OWN, 'rows', removed(action), null),
  batch(world, action) {
    for (const table of ['rows', 'typed']) write(world, OWN, table, keys(action), `b${action.version}`);
  },
  'compare and set'({ cluster }, action) {
    const without = action.without === null ? [] : cluster.nodes.slice(action.without, action.without + 1);
    const table = found(cluster, OWN, 'registers');
    if (table === undefined) return;
    const value = `v${action.version}`;
    for (const key of keys(action)) compareAndSet(cluster, table, { key, value, without });
  },
  add(world, action) {
    for (const key of keys(action)) add(world, key, action.by);
  },
  flush({ cluster }) {
    for (const node of cluster.nodes) cluster.flush(node);
  },
  compact({ cluster }) {
    for (const node of cluster.nodes) for (const table of cluster.userTables) cluster.at(node).compact(table);
  },
  repair({ cluster }) {
    for (const table of cluster.userTables) repair(cluster, table);
  },
  'serial reads'({ cluster }) {
    const table = found(cluster, OWN, 'registers');
    if (table === undefined) return;
    for (const key of keys({ from: 0, count: REGISTERS })) readSerially(cluster, table, key);
  },
  truncate: onTable,
  drop: onTable,
  recreate: onTable,
  alter: onTable,
  'drop index': ({ cluster }) => cluster.change(`DROP INDEX IF EXISTS "${OWN}"."by_value"`),
  'drop view': nothing,
  'drop function': nothing,
  'add table'(world) {
    if (found(world.cluster, OWN, 'extra') === undefined) world.cluster.change(tableStatement(OWN, 'extra'));
    write(world, OWN, 'extra', ['x'], 'newer');
  },
  part: (world, { part, how }) => changeTable(world, keyspaceOf(part), nameOf(part), how),
  stray,
  restart({ cluster }, { how, nodes }) {
    const which = cluster.nodes.filter((_, i) => nodes.includes(i));
    if (how === 'drain') for (const node of which) cluster.flush(node);
    cluster.restart(which);
  },
  forbid({ cluster }, { what }) {
    if (what === 'indexes') cluster.state.forbidden = 'CREATE INDEX';
  },
};

function keys({ from, count }: Range): readonly string[] {
  return Array.from({ length: count }, (_, i) => `k${from + i}`);
}

function removed({ what, from, count }: ActionOf<'remove'>): readonly string[] {
  if (what !== 'partition') return keys({ from, count });
  return keys({ from: from - (from % PARTITION), count: PARTITION });
}

function found({ userTables }: World['cluster'], keyspace: string, name: string): TableOnDisk | undefined {
  return userTables.find((t) => t.keyspace === keyspace && t.name === name);
}

function write(
  { cluster }: World,
  keyspace: string,
  name: string,
  which: readonly string[],
  value: string | null,
): void {
  if (found(cluster, keyspace, name) === undefined) return;
  for (const key of which) cluster.write(keyspace, name, key, value);
}

function changeTable(
  world: World,
  keyspace: string,
  name: string,
  how: 'delete' | 'truncate' | 'drop' | 'recreate' | 'alter',
): void {
  const { cluster } = world;
  const table = found(cluster, keyspace, name);
  cluster.state.nowMs += 1;
  switch (how) {
    case 'delete':
      write(world, keyspace, name, ['k0', 'k3'], null);
      break;
    case 'truncate':
      if (table !== undefined) for (const node of cluster.nodes) cluster.at(node).truncate(table);
      break;
    case 'alter':
      if (table === undefined) break;
      cluster.change(`ALTER TABLE "${keyspace}"."${name}" WITH comment = 'at ${cluster.state.nowMs}'`);
      break;
    case 'drop':
      cluster.change(`DROP TABLE IF EXISTS "${keyspace}"."${name}"`);
      break;
    case 'recreate':
      cluster.change(`DROP TABLE IF EXISTS "${keyspace}"."${name}"`);
      cluster.change(tableStatement(keyspace, name));
      write(world, keyspace, name, ['k1', 'k90'], 'of the new table');
  }
}

function add({ cluster }: World, key: string, by: number): void {
  const [table, [node]] = [found(cluster, OWN, 'counts'), cluster.nodes];
  if (table === undefined || node === undefined) return;
  const before = Number(cluster.at(node).rows(table).get(key) ?? 0);
  cluster.write(OWN, 'counts', key, String(before + by));
}

/** Every node gets what any other has that is newer. */
function repair(cluster: World['cluster'], table: TableOnDisk): void {
  const all = cluster.nodes.map((node) => cluster.at(node).newest(table));
  for (const [i, node] of cluster.nodes.entries()) {
    for (const row of all.flatMap((rows) => [...rows.values()])) {
      if ((all[i]?.get(row.key)?.at ?? -1) < row.at) cluster.at(node).take(table, row);
    }
  }
}

function stray({ cluster }: World, { table: name, node: number, how }: ActionOf<'stray'>): void {
  const [table, node] = [found(cluster, OWN, name), cluster.nodes[number]];
  if (table === undefined || node === undefined) return;
  cluster.state.nowMs += 1;
  const directory = cluster.at(node).directory(table);
  const sstable = sstableName(STRAY_GENERATION);
  const row = { key: 'k0', value: 'of a stray file', at: cluster.state.nowMs };
  if (how === 'newer') writeSstable(directory, sstable, [row]);
  else writeFileSync(join(directory, `${sstable}-TOC.txt`), 'no SSTable');
}

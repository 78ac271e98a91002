import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { types } from 'cassandra-driver';
import pMap from 'p-map';
import { isKey, readableTables } from '../../../lab/dataset/compare/columns.ts';
import { define, hostsUp } from '../../../lab/dataset/define.ts';
import { quoted, type Write } from '../../../lab/dataset/model.ts';
import type { Action, ActionOf, Range } from '../plan.ts';
import type { OracleCluster } from './cluster.ts';
import { COUNTS, columnsOf, OWN, PARTITION, REGISTER, REGISTERS, ROWS, TARGETS, TYPED } from './schema.ts';

const { all, quorum, localSerial } = types.consistencies;
const DAY_S = 24 * 3600;
/** All registers that plans write to. */
const REGISTERED = 15;
const CONCURRENCY = 8;

type Doing = {
  readonly [K in Action['do']]: (on: OracleCluster, action: ActionOf<K>) => Promise<void>;
};

/** Do to a real cluster what an action says. What an earlier one has dropped is left alone. */
export async function perform(on: OracleCluster, action: Action): Promise<void> {
  const work = DOING[action.do] as (on: OracleCluster, action: Action) => Promise<void>;
  await work(on, action);
}

const DOING: Doing = {
  put: (on, action) => writeAll(on, numbers(action).map(putting(action))),
  remove: (on, action) => writeAll(on, removing(action)),
  async batch(on, action) {
    const one = numbers(action).flatMap((n) => [rowOf(n, action.version), typedOf(n, action.version)]);
    const queries = one.map(({ cql, params }) => ({ query: cql, params: [...params] }));
    await ifThere(() => on.client.batch(queries, { prepare: true, logged: action.logged, consistency: all }));
    await on.settle();
  },
  'compare and set': compareAndSet,
  add: (on, action) =>
    writeAll(
      on,
      numbers(action).map((id) =>
        COUNTS.write('UPDATE TABLE SET n = n + ? WHERE id = ?', types.Long.fromNumber(action.by), id),
      ),
    ),
  flush: (on) => on.flush(),
  async compact(on) {
    const names = (await on.tables()).filter((t) => t.keyspace === OWN).map((t) => t.name);
    if (names.length > 0) await on.compact(OWN, names);
  },
  repair: (on) => on.repair([OWN, REGISTERS]),
  'serial reads': readSerially,
  truncate: (on, { table }) => change(on, [`TRUNCATE ${TARGETS[table].cql}`]),
  drop: (on, { table }) => change(on, dropping(table)),
  recreate: async (on, { table }) => {
    await change(on, [...dropping(table), `CREATE TABLE ${TARGETS[table].cql} (${columnsOf[table]})`]);
    if (table === 'rows')
      await writeAll(
        on,
        [1, 90].map((n) => rowOf(n, 50)),
      );
    if (table === 'typed')
      await writeAll(
        on,
        [1, 90].map((n) => typedOf(n, 50)),
      );
  },
  alter: (on, { table }) =>
    change(on, [
      table === 'counts'
        ? `ALTER TABLE ${COUNTS.cql} WITH comment = 'at ${Date.now()}'`
        : `ALTER TABLE ${TARGETS[table].cql} ADD at_${Date.now()} int`,
    ]),
  'drop index': (on) => change(on, [`DROP INDEX IF EXISTS ${OWN}.by_a`]),
  'drop view': (on) => change(on, [`DROP MATERIALIZED VIEW IF EXISTS ${OWN}.by_b`]),
  'drop function': (on) =>
    change(on, [`DROP AGGREGATE IF EXISTS ${OWN}.total`, `DROP FUNCTION IF EXISTS ${OWN}.plus`]),
  async 'add table'(on) {
    await change(on, [`CREATE TABLE IF NOT EXISTS ${OWN}.extra (id int PRIMARY KEY, v text)`]);
    await writeAll(on, [{ cql: `INSERT INTO ${OWN}.extra (id, v) VALUES (1, 'newer')`, params: [] }]);
  },
  part: changePart,
  stray,
  async restart(on, { how, nodes }) {
    const which = nodes.map((n) => on.node(n));
    if (how === 'kill') await on.kill(which);
    else await on.drain(which);
    await on.start(which);
    await on.settle();
  },
  async forbid(on, { what }) {
    const setting = SETTINGS[what];
    if (setting === null) return;
    on.configure(() => ({ [setting]: false }));
    await on.kill();
    await on.start();
    await on.settle();
  },
};

/** What a setting forbids to superusers as well; of indexes there is none. */
export const SETTINGS = {
  functions: 'user_defined_functions_enabled',
  views: 'materialized_views_enabled',
  indexes: null,
} as const;

function numbers({ from, count }: Range): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function putting({ table, version, days }: ActionOf<'put'>) {
  const ttl = days === null ? undefined : days * DAY_S;
  return (n: number) => (table === 'rows' ? rowOf(n, version, ttl) : typedOf(n, version, ttl));
}

function rowOf(n: number, version: number, ttl?: number): Write {
  const key = { part: Math.floor(n / PARTITION), seq: n % PARTITION };
  const shared = n % PARTITION === 0 ? { shared: `s${version}` } : {};
  return ROWS.insert(
    { ...key, a: `a${version}`, b: version, tags: [`t${version}`, `n${n}`], ...shared },
    ttl,
  );
}

function typedOf(id: number, version: number, ttl?: number): Write {
  const price = { amount: version, currency: 'CHF' };
  return TYPED.insert({ id, price, bag: new Map([[`v${version}`, id]]), note: `n${version}` }, ttl);
}

function removing({ what, from, count }: ActionOf<'remove'>): readonly Write[] {
  const part = Math.floor(from / PARTITION);
  switch (what) {
    case 'partition':
      return [ROWS.remove({ part })];
    case 'range':
      return [ROWS.write('DELETE FROM TABLE WHERE part = ? AND seq >= ?', part, from % PARTITION)];
    case 'cells':
    case 'row':
      return numbers({ from, count }).flatMap((n) => {
        const key = { part: Math.floor(n / PARTITION), seq: n % PARTITION };
        return what === 'row'
          ? [ROWS.remove(key), TYPED.remove({ id: n })]
          : [ROWS.remove(key, ['a', 'tags'])];
      });
  }
}

async function writeAll({ client }: OracleCluster, writes: readonly Write[]): Promise<void> {
  await pMap(
    writes,
    ({ cql, params }) => ifThere(() => client.execute(cql, [...params], { prepare: true, consistency: all })),
    { concurrency: CONCURRENCY },
  );
}

/** What is dropped, or cannot be dropped because something else needs it, is no fault of the round's. */
const GONE =
  /unconfigured table|does ?n[o']t exist|[Uu]ndefined|[Uu]nknown|already exists|still depend|[Cc]annot (drop|truncate)/;

async function ifThere(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!GONE.test(errorText(error))) throw error;
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.message} ${errorText(error.cause)}` : '';
}

async function change({ client }: OracleCluster, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await ifThere(() => define(client, [statement]));
}

function dropping(table: keyof typeof TARGETS): readonly string[] {
  return [
    ...(table === 'rows' ? [`DROP MATERIALIZED VIEW IF EXISTS ${OWN}.by_b`] : []),
    `DROP TABLE IF EXISTS ${TARGETS[table].cql}`,
  ];
}

/** As clients leave it that go on while one node is down, and whose hints for it are lost. */
async function compareAndSet(on: OracleCluster, action: ActionOf<'compare and set'>): Promise<void> {
  const without = action.without === null ? [] : [on.node(action.without)];
  if (without.length > 0) await on.drain(without);
  const consistency = without.length > 0 ? quorum : all;
  const options = { prepare: true, consistency, serialConsistency: localSerial };
  for (const id of numbers(action)) {
    await ifThere(async () => {
      const update = REGISTER.write('UPDATE TABLE SET v = ? WHERE id = ? IF EXISTS', action.version, id);
      const { rows } = await on.client.execute(update.cql, [...update.params], options);
      if (rows[0]?.['[applied]'] === true) return;
      const insert = REGISTER.write(
        'INSERT INTO TABLE (id, v) VALUES (?, ?) IF NOT EXISTS',
        id,
        action.version,
      );
      await on.client.execute(insert.cql, [...insert.params], options);
    });
  }
  if (without.length === 0) return;
  await on.truncateHints();
  await on.start(without);
}

async function readSerially({ client }: OracleCluster): Promise<void> {
  const { cql } = REGISTER.write('SELECT v FROM TABLE WHERE id = ?');
  for (const host of hostsUp(client)) {
    await pMap(
      numbers({ from: 0, count: REGISTERED }),
      (id) => client.execute(cql, [id], { prepare: true, consistency: localSerial, host }),
      { concurrency: CONCURRENCY },
    );
  }
}

async function changePart(on: OracleCluster, { part, how }: ActionOf<'part'>): Promise<void> {
  const [keyspace = '', name = ''] = part.split('.');
  const table = `${quoted(keyspace)}.${quoted(name)}`;
  if (how === 'truncate') return change(on, [`TRUNCATE ${table}`]);
  if (how === 'drop') return change(on, [`DROP TABLE IF EXISTS ${table}`]);
  if (how === 'alter') return change(on, [`ALTER TABLE ${table} WITH comment = 'at ${Date.now()}'`]);
  const found = (await readableTables(on.client)).find((t) => t.keyspace === keyspace && t.name === name);
  if (found === undefined) return;
  const keys = found.columns.filter(isKey).map((c) => quoted(c.name));
  const row = (await on.client.execute(`SELECT ${keys.join(', ')} FROM ${table} LIMIT 1`)).first();
  if (row === null) return;
  const where = keys.map((k) => `${k} = ?`).join(' AND ');
  await writeAll(on, [{ cql: `DELETE FROM ${table} WHERE ${where}`, params: row.values() }]);
}

/** Components of an SSTable. */
const COMPONENT = /-(big|bti)-/;

/** A readable copy of a newer SSTable under another name, or files that nobody can read. */
async function stray(
  on: OracleCluster,
  { table: name, node: number, how }: ActionOf<'stray'>,
): Promise<void> {
  const write = name === 'rows' ? rowOf : typedOf;
  await writeAll(
    on,
    numbers({ from: 0, count: 60 }).map((n) => write(n, 40)),
  );
  await on.flush();
  const table = (await on.tables()).find((t) => t.keyspace === OWN && t.name === name);
  if (table === undefined) return;
  const directory = join(on.node(number).volume, 'data', OWN, `${name}-${table.id}`);
  const files = readdirSync(directory).filter((file) => COMPONENT.test(file));
  // The identifier's last character, before `-big-` or `-bti-`.
  const renamed = (file: string) => file.replace(/(.)(?=-b(ig|ti)-)/, (last) => (last === '7' ? '8' : '7'));
  if (how === 'newer') {
    for (const file of files) {
      const stray = join(directory, renamed(file));
      if (!existsSync(stray)) copyFileSync(join(directory, file), stray);
    }
    return;
  }
  const prefix = /^.*-b(ig|ti)-/.exec(renamed(files[0] ?? ''))?.[0];
  if (prefix === undefined) return;
  for (const component of ['Data.db', 'TOC.txt'])
    writeFileSync(join(directory, `${prefix}${component}`), 'no SSTable');
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cluster } from '../../../../src/domain/cluster/ring.ts';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError, RefusedStatement } from '../../../../src/domain/errors.ts';
import { planRestore } from '../../../../src/domain/restore/restore-plan.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import type { Switch } from '../../../../src/domain/schema/schema-settings.ts';
import { rehearse } from '../../../../src/engine/schema/rehearse.ts';
import { leftOver } from '../../../../src/engine/schema/schemas.ts';
import type { CqlSession } from '../../../../src/ports/cql.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const KEYSPACE =
  "CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};";
const TABLE = "CREATE TABLE shop.orders (id int PRIMARY KEY, price int) WITH comment = 'saved';";
const FUNCTION =
  'CREATE FUNCTION shop.plus(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return a + b; $$;';
const AGGREGATE = 'CREATE AGGREGATE shop.total(int) SFUNC plus STYPE int;';
const INDEX = 'CREATE INDEX by_price ON shop.orders (price);';
const SAVED = KEYSPACE + FUNCTION + AGGREGATE + TABLE + INDEX;
const OPTIONS = { datacenters: [], timeoutMs: 1000, concurrency: 2, signal: new AbortController().signal };
const LEFT = 'kassette_rehearsal_0123456789abcdef';
const LEFT_SCHEMA = (KEYSPACE + TABLE).replaceAll('shop', LEFT);

interface Given {
  readonly saved?: string;
  readonly live?: string;
  /** Cassandra's answer to a statement that it does not carry out. */
  readonly answer?: (statement: string) => Error | undefined;
  readonly off?: readonly Switch[];
  readonly hasRows?: boolean;
}

/** Rehearse the restore of one schema into another; what was carried out, the rehearsal's own name as `R`, and how it ended. */
async function rehearsed({ saved = SAVED, live = KEYSPACE, answer, off = [], hasRows = false }: Given) {
  const [done, removed] = [[] as string[], [] as string[]];
  const schemas = { saved: parseSchema(saved), live: parseSchema(live) };
  const own = { ...schemas, live: schemas.live.filter((o) => o.keyspace === 'shop') };
  const sizes = new Map();
  const { creates } = planRestore({ cluster: 'c', tag: 't', sizes, options: { keepExtra: true }, ...own });
  const session = {
    tableIds: async () => new Map([[`${LEFT}.orders`, 'id']]),
    isEmpty: async () => !hasRows,
    change: async (statement: string) => {
      const error = answer?.(statement);
      if (error !== undefined) throw error;
      done.push(statement.replace(/kassette_rehearsal_(?!0123)\w+/, 'R'));
    },
  } as unknown as CqlSession;
  const rehearsals = await leftOver(session, schemas.live);
  const ports = {
    clock: fakeClock(),
    control: { schemaVersions: async () => new Map([['v', ['n1', 'n2']]]) },
    volumes: { removeRehearsals: async ({ name }: Node) => void removed.push(name) },
    progress: { step: (_: string, work: (report: object) => unknown) => work({ count() {} }) },
  } as unknown as Ports;
  const nodes = ['n1', 'n2'].map((name) => ({ name }) as Node);
  const cluster = { name: 'c', nodes, remnants: [] } as unknown as Cluster;
  const settings = { release: '5.0.6', off: new Set(off), memtables: null };
  const facts = { ...own, cluster, session, rehearsals, settings };
  const error = await rehearse(ports, facts, creates, OPTIONS).catch((e: unknown) => e as KassetteError);
  return { done, removed, code: error?.code, message: error?.message ?? '', hint: error?.hint ?? '' };
}

/** Cassandra does not accept statements with these words in them. */
const without =
  (...words: readonly string[]) =>
  (statement: string) => {
    const name = /kassette_rehearsal_\w+/.exec(statement)?.[0];
    return words.some((w) => statement.includes(w))
      ? new RefusedStatement(`no ${name}.x`, `Cassandra refused «${statement}»`, '')
      : undefined;
  };
const DROP = 'DROP KEYSPACE IF EXISTS "R"';

test('where nothing is created nothing is done', async () => {
  const { done, removed, code } = await rehearsed({ live: SAVED });
  assert.deepEqual([done, removed, code], [[], [], undefined]);
});

test('what Cassandra accepts is dropped again, and so is what that leaves on every node', async () => {
  const { done, removed, code } = await rehearsed({});
  assert.deepEqual([done.length, done.at(-1), code], [6, DROP, undefined]);
  assert.deepEqual(removed, ['n1', 'n2']);
});

test('every refusal is a reason, in the names of the backup; what only fails for want of another is none', async () => {
  const { done, code, message, hint } = await rehearsed({
    answer: without('CREATE FUNCTION', 'CREATE AGGREGATE', "'saved'", 'CREATE INDEX'),
  });
  assert.equal(code, 'NOT_CREATABLE');
  assert.equal(
    message,
    'The nodes refuse 3 statements of the restore. function "shop"."plus"(int, int): no shop.x; table "shop"."orders": no shop.x; index "shop"."by_price": no shop.x.',
  );
  assert.match(hint, /^Nothing was changed\. /);
  assert.deepEqual(done.slice(-2), ['CREATE TABLE "R".orders (id int PRIMARY KEY, price int)', DROP]);
});

test('a setting that is known to be in the way is named, and what else is in the way besides', async () => {
  const { message, hint } = await rehearsed({
    answer: without('CREATE FUNCTION', 'CREATE INDEX'),
    off: ['functions'],
  });
  assert.match(
    message,
    /plus"\(int, int\): user_defined_functions_enabled is false; index .*: no shop\.x\.$/,
  );
  assert.match(hint, /Set user_defined_functions_enabled to true in .*, allow what else is named, let them/);
});

test('what is only there for others refuses nothing, and what needs it cannot be judged', async () => {
  const answer = without('CREATE TABLE', 'CREATE INDEX');
  assert.equal((await rehearsed({ live: SAVED.replace(INDEX, ''), answer })).code, undefined);
});

test('any other failure is none of a statement: the rehearsal ends there, and is dropped', async () => {
  const cut = new KassetteError('CQL', 'The connection was lost.', '');
  const answer = (s: string) => (s.includes('CREATE TABLE') ? cut : undefined);
  const { done, code, message } = await rehearsed({ answer });
  assert.deepEqual([code, message, done.at(-1)], ['CQL', cut.message, DROP]);
});

test('a keyspace that takes longer to drop than a statement may is asked for again', async () => {
  const answers = [new KassetteError('CQL', 'No answer in time.', '')];
  const answer = (s: string) => (s.startsWith('DROP') ? answers.pop() : undefined);
  const { done, removed, code } = await rehearsed({ answer });
  assert.deepEqual([done.at(-1), removed, code], [DROP, ['n1', 'n2'], undefined]);
});

test('what a killed run has left is dropped, even where nothing is created; what has a row is not', async () => {
  const live = SAVED + LEFT_SCHEMA;
  assert.deepEqual((await rehearsed({ live })).done, [`DROP KEYSPACE IF EXISTS "${LEFT}"`]);
  assert.deepEqual((await rehearsed({ live, hasRows: true })).done, []);
});

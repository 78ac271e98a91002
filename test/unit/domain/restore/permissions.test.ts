import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionChanges } from '../../../../src/domain/restore/permissions.ts';
import { keyOf, parseSchema } from '../../../../src/domain/schema/schema.ts';
import { objectsRecreated } from '../../../../src/engine/schema/permissions.ts';
import { restore, restoredVolumes } from '../../../simulation/runs/history.ts';

const SCHEMA = parseSchema(`
  CREATE KEYSPACE "K" WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'};
  CREATE FUNCTION "K".f(a int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
  CREATE FUNCTION "K".f(a text) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
  CREATE FUNCTION "K".f(a int, b map<int, text>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
  CREATE TABLE "K".t (a int PRIMARY KEY);
  CREATE TABLE "K".stays (a int PRIMARY KEY);`);
const made =
  (...keys: string[]) =>
  (o: Parameters<typeof keyOf>[0]) =>
    keys.includes(keyOf(o));
const on = (resource: string, permissions: string[], role = 'waiter') => ({ role, resource, permissions });

test('a table that was made again gets its permissions back and loses those of its creator', () => {
  const wanted = [
    on('data/K/t', ['MODIFY', 'SELECT']),
    on('data/K/stays', ['SELECT']),
    on('data', ['SELECT']),
  ];
  const live = [
    on('data/K/t', ['SELECT']),
    on('data/K/t', ['DROP'], 'the "boss"'),
    on('data/K/stays', ['DROP']),
  ];
  const { changes, unclear } = permissionChanges(SCHEMA, wanted, live, made('table "K"."t"'));
  assert.deepEqual(
    changes.map((c) => c.statement),
    ['GRANT MODIFY ON TABLE "K"."t" TO "waiter"', 'REVOKE DROP ON TABLE "K"."t" FROM "the ""boss"""'],
  );
  assert.deepEqual(unclear, []);
});

test('a keyspace, its functions and one function are told apart, overloads by their argument types', () => {
  const marshal = 'org.apache.cassandra.db.marshal.';
  const wanted = [
    on('data/K', ['CREATE']),
    on('data/K/*', ['SELECT']),
    on('functions/K', ['EXECUTE']),
    on(
      `functions/K/f[${marshal}Int32Type^${marshal}FrozenType(${marshal}MapType(${marshal}Int32Type,${marshal}UTF8Type))]`,
      ['EXECUTE'],
    ),
    on(`functions/K/f[${marshal}UTF8Type]`, ['EXECUTE']),
    on('functions/K/gone[]', ['EXECUTE']),
  ];
  const { changes, unclear } = permissionChanges(SCHEMA, wanted, [], () => true);
  assert.deepEqual(
    changes.map((c) => c.statement),
    [
      'GRANT CREATE ON KEYSPACE "K" TO "waiter"',
      'GRANT SELECT ON ALL TABLES IN KEYSPACE "K" TO "waiter"',
      'GRANT EXECUTE ON ALL FUNCTIONS IN KEYSPACE "K" TO "waiter"',
      'GRANT EXECUTE ON FUNCTION "K"."f"(int, map<int, text>) TO "waiter"',
      'GRANT EXECUTE ON FUNCTION "K"."f"(text) TO "waiter"',
    ],
  );
  assert.deepEqual(unclear, []);
});

test('overloads that differ only within a type cannot be told apart, and are reported', () => {
  const lists = parseSchema(`
    CREATE FUNCTION k.g(a list<int>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
    CREATE FUNCTION k.g(a list<text>) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;`);
  const resource =
    'functions/k/g[org.apache.cassandra.db.marshal.ListType(org.apache.cassandra.db.marshal.Int32Type)]';
  assert.deepEqual(permissionChanges(lists, [on(resource, ['EXECUTE'])], [], () => true).unclear, [
    `waiter on ${resource}`,
  ]);
});

test('a table that is altered keeps its permissions, and gets none back', () => {
  const [keyspace, table] = parseSchema(
    `CREATE KEYSPACE k WITH replication = {};CREATE TABLE k.t (a int PRIMARY KEY);`,
  );
  assert(keyspace && table);
  const schema = [keyspace, table];
  const creates = [
    { object: keyOf(table), statement: `ALTER TABLE k.t WITH comment = ''` },
    { object: 'view "k"."v"', statement: `ALTER MATERIALIZED VIEW k.v WITH comment = ''` },
  ];
  assert.deepEqual(objectsRecreated({ saved: schema, live: schema }, { creates }, []), new Set());
  const made = [{ object: keyOf(table), statement: 'CREATE TABLE k.t (a int PRIMARY KEY)' }];
  assert.deepEqual(
    objectsRecreated({ saved: schema, live: [keyspace] }, { creates: made }, []),
    new Set([keyOf(table)]),
  );
});

test('permissions that are given back are on the disks before any node says that all is loaded', async () => {
  const world = await restoredVolumes();
  try {
    const { calls, kind } = await world.run(restore());
    assert.equal(kind, 'done');
    const [granted, loaded] = [calls.lastIndexOf('cql change'), calls.indexOf('volumes writeJournal')];
    const flushes = calls.slice(granted, loaded).filter((call) => call === 'control flush');
    assert.equal(flushes.length, world.cluster.nodes.length);
  } finally {
    world.remove();
  }
});

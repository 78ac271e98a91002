import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { keyOf, parseSchema } from '../../../../src/domain/schema/schema.ts';
import { reconcile } from '../../../../src/domain/tables/reconcile.ts';
import { reconcileMerge } from '../../../../src/domain/tables/reconcile-merge.ts';
import { reconcileSideBySide } from '../../../../src/domain/tables/reconcile-side-by-side.ts';
import { parseTableName } from '../../../../src/domain/tables/table-name.ts';
import { type Mode, planTables } from '../../../../src/domain/tables/table-plan.ts';
import { select } from '../../../../src/domain/tables/table-selection.ts';
import { checkViewsCanBeRecreated } from '../../../../src/engine/tables/observe.ts';

const REPLICATION = "{'class': 'SimpleStrategy', 'replication_factor': '3'}";
const KEYSPACE = `CREATE KEYSPACE shop WITH replication = ${REPLICATION} AND durable_writes = true;`;
const MONEY = 'CREATE TYPE shop.money (cents int, currency text);';
const PRICE = 'CREATE TYPE shop.price (net frozen<money>);';
const ORDERS =
  'CREATE TABLE shop.orders (id int PRIMARY KEY, paid frozen<price>, city text) WITH ID = 11111111-1111-1111-1111-111111111111;';
const BY_CITY = 'CREATE INDEX by_city ON shop.orders (city);';
const CITIES =
  'CREATE MATERIALIZED VIEW shop.cities AS SELECT * FROM shop.orders WHERE city IS NOT NULL AND id IS NOT NULL PRIMARY KEY (city, id);';
const CLICKS = 'CREATE TABLE shop.clicks (id int PRIMARY KEY, n counter);';
const WALLETS = 'CREATE TABLE shop.wallets (id int PRIMARY KEY, m frozen<money>);';
const SAVED = [KEYSPACE, MONEY, PRICE, ORDERS, BY_CITY, CITIES, CLICKS, WALLETS];

const schema = (...texts: readonly string[]) => parseSchema(texts.join('\n'));
const saved = schema(...SAVED);
const names = (...texts: readonly string[]) =>
  texts.map((t) => {
    const name = parseTableName(t);
    assert(name !== null);
    return name;
  });
const withSwap = (from: string, to: string) => schema(...SAVED.map((s) => (s === from ? to : s)));
const keys = (objects: ReturnType<typeof schema>) => objects.map(keyOf);

function planFor(
  text: string,
  live: ReturnType<typeof schema>,
  mode: Mode = 'replace',
  pending: ReturnType<typeof schema> = [],
) {
  const selection = select(saved, names(text));
  const facts = mode === 'merge' ? reconcileMerge(selection, live, pending) : reconcile(selection, live);
  const more = { redistribute: false, nodes: 3, bytesCopied: 0, bytesPerSecond: null };
  return planTables({
    ...{
      cluster: 'c',
      source: 's',
      tag: 't',
      mode,
      sizes: new Map(),
      savedNames: new Map(),
      renewed: new Set(),
      viewsToRebuild: [],
    },
    ...facts,
    ...more,
  });
}

function refusal(work: () => unknown): { code: string; message: string } {
  try {
    work();
  } catch (error) {
    assert(error instanceof KassetteError);
    return { code: error.code, message: error.message };
  }
  return assert.fail('it was not refused');
}

test('a table comes with its types and theirs, its indexes and views; other tables do not', () => {
  assert.deepEqual(keys(select(saved, names('shop.orders')).objects), [
    'keyspace "shop"."shop"',
    'type "shop"."money"',
    'type "shop"."price"',
    'table "shop"."orders"',
    'index "shop"."by_city"',
    'view "shop"."cities"',
  ]);
  assert.deepEqual(keys(select(saved, names('shop.clicks')).objects), [
    'keyspace "shop"."shop"',
    'table "shop"."clicks"',
  ]);
  assert.equal(select(saved, names('shop')).objects.length, saved.length);
});

test('a view stands for its table', () => {
  const selection = select(saved, names('shop.cities'));
  assert.deepEqual(keys(selection.tables), ['table "shop"."orders"']);
  assert.deepEqual(keys(selection.byView), ['view "shop"."cities"']);
});

test('unchanged it is emptied and loaded, and nothing else happens', () => {
  const plan = planFor('shop.orders', saved);
  assert.deepEqual([plan.drops, plan.creates, plan.differences], [[], [], []]);
  assert.deepEqual(plan.truncates, [{ keyspace: 'shop', name: 'orders' }]);
  assert.deepEqual(
    plan.tables.map((t) => [t.name, t.action]),
    [
      ['orders', 'reload'],
      ['cities', 'reload'],
    ],
  );
});

test('dropped it is made again with its index and view; gone with its keyspace, that and its types as well', () => {
  const plan = planFor('shop.orders', schema(KEYSPACE, MONEY, PRICE, CLICKS, WALLETS));
  assert.deepEqual(plan.drops, []);
  assert.deepEqual(
    plan.creates.map((c) => c.object),
    ['table "shop"."orders"', 'index "shop"."by_city"', 'view "shop"."cities"'],
  );
  assert.deepEqual(
    planFor('shop.orders', []).creates.map((c) => c.object),
    [...keys(select(saved, names('shop.orders')).objects)],
  );
});

test('an added column is shown and goes; other tables of the keyspace are not touched', () => {
  const plan = planFor('shop.orders', withSwap(ORDERS, ORDERS.replace('city text', 'city text, note text')));
  assert.deepEqual(plan.differences, [
    'table "shop"."orders" has got the new `note text` since; it is recreated as saved',
  ]);
  assert.deepEqual(
    plan.drops.map((d) => d.object),
    ['view "shop"."cities"', 'table "shop"."orders"'],
  );
});

test('a type that others use stays when it has only grown, and is refused when it means something else', () => {
  const grown = withSwap(MONEY, 'CREATE TYPE shop.money (cents int, currency text, later text);');
  const plan = planFor('shop.orders', grown);
  assert.deepEqual([plan.drops, plan.creates], [[], []]);
  assert.deepEqual(plan.differences, [
    'type "shop"."money" has got the new `later text` since; it stays as it is',
  ]);
  const renamed = withSwap(MONEY, 'CREATE TYPE shop.money (pence int, currency text);');
  const { code, message } = refusal(() => planFor('shop.orders', renamed));
  assert.equal(code, 'SCHEMA_CONFLICT');
  assert.match(message, /was `cents int`, is `pence int`\), and table "shop"\."wallets" uses it, too/);
});

test('a type that only the selected table uses is made again as saved', () => {
  const plan = planFor('shop.orders', withSwap(PRICE, 'CREATE TYPE shop.price (gross frozen<money>);'));
  assert.deepEqual(
    plan.drops.map((d) => d.object),
    ['view "shop"."cities"', 'table "shop"."orders"', 'type "shop"."price"'],
  );
});

test('a name that something else has now is refused, not dropped', () => {
  const taken = schema(KEYSPACE, MONEY, CLICKS, 'CREATE INDEX by_city ON shop.clicks (n);');
  assert.match(
    refusal(() => planFor('shop.orders', taken)).message,
    /index "shop"\."by_city" cannot be created/,
  );
  const view = schema(
    KEYSPACE,
    CLICKS,
    CITIES.replaceAll('shop.cities', 'shop.orders').replace('FROM shop.orders', 'FROM shop.clicks'),
  );
  assert.equal(refusal(() => planFor('shop.orders', view)).code, 'SCHEMA_CONFLICT');
});

test('of a whole keyspace, tables that came later stay, and then its replication does, too', () => {
  const two = KEYSPACE.replace("'3'", "'2'");
  const newer = 'CREATE TABLE shop.newer (id int PRIMARY KEY);';
  const selection = select(saved, names('shop'));
  const kept = reconcile(selection, schema(two, ...SAVED.slice(1), newer));
  assert.deepEqual([keys(kept.kept), [...kept.replicatedOtherwise]], [['table "shop"."newer"'], ['shop']]);
  const altered = planFor('shop', schema(two, ...SAVED.slice(1)));
  assert.deepEqual(
    altered.creates.map((c) => c.object),
    ['keyspace "shop"."shop"'],
  );
});

test('merge changes nothing live and refuses what it cannot add to', () => {
  const plan = planFor(
    'shop.wallets',
    withSwap(WALLETS, WALLETS.replace('m frozen', 'extra int, m frozen')),
    'merge',
  );
  assert.deepEqual([plan.drops, plan.truncates, plan.creates], [[], [], []]);
  assert.deepEqual(
    plan.tables.map((t) => t.action),
    ['merge'],
  );
  for (const [text, live, why] of [
    ['shop.clicks', saved, /counted twice/],
    ['shop.wallets', withSwap(WALLETS, 'CREATE TABLE shop.wallets (id int PRIMARY KEY);'), /`m` is gone/],
    [
      'shop.wallets',
      withSwap(WALLETS, 'CREATE TABLE shop.wallets (id int, m frozen<money>, PRIMARY KEY (id, m));'),
      /its key was/,
    ],
    [
      'shop.wallets',
      schema(...SAVED, 'ALTER TABLE shop.wallets DROP note USING TIMESTAMP 1700000000000000;'),
      /columns were dropped/,
    ],
  ] as const) {
    const { code, message } = refusal(() => planFor(text, live, 'merge'));
    assert.equal(code, 'MERGE_REFUSED');
    assert.match(message, why);
  }
});

test("merge drops a table's views and makes them again as they are now, once it is loaded", () => {
  const dropped = 'DROP MATERIALIZED VIEW IF EXISTS "shop"."cities"';
  const now = CITIES.replace('SELECT *', 'SELECT city, id');
  const rebuilds = (plan: ReturnType<typeof planFor>) => plan.rebuilds.map((r) => `${r.statement};`);
  const changed = planFor('shop.orders', withSwap(CITIES, now), 'merge');
  assert.deepEqual(rebuilds(changed), [`${dropped};`, now]);
  assert.deepEqual([changed.drops, changed.truncates, changed.creates], [[], [], []]);
  assert.deepEqual(
    changed.tables.map((t) => t.name),
    ['orders'],
  );
  assert.match(changed.notes.join(), /view "shop"\."cities" does not follow rows that come from files/);
  // Of a table that is gone those of the backup.
  const gone = planFor('shop.orders', schema(KEYSPACE, MONEY, PRICE), 'merge');
  assert.deepEqual(rebuilds(gone), [`${dropped};`, CITIES]);
  assert.deepEqual(
    gone.creates.map((c) => c.object),
    ['table "shop"."orders"', 'index "shop"."by_city"'],
  );
});

test('merge is refused where a view that is dropped could not be made again', () => {
  const rebuilt = schema(CITIES);
  checkViewsCanBeRecreated({ off: new Set() }, { rebuilt });
  checkViewsCanBeRecreated({ off: new Set(['views'] as const) }, { rebuilt: [] });
  assert.throws(() => checkViewsCanBeRecreated({ off: new Set(['views'] as const) }, { rebuilt }), {
    code: 'MERGE_REFUSED',
    message:
      'The backup\'s rows cannot be added to table "shop"."orders": its view `cities` would have to be recreated, which materialized_views_enabled forbids.',
  });
});

test('merge makes the indexes and views that a killed run did not come to make', () => {
  const bare = schema(...SAVED.filter((s) => s !== BY_CITY && s !== CITIES));
  assert.deepEqual(planFor('shop.orders', bare, 'merge').rebuilds, []);
  const again = planFor('shop.orders', bare, 'merge', schema(BY_CITY, CITIES));
  assert.deepEqual(
    [...again.creates, ...again.rebuilds].map((c) => c.object),
    ['index "shop"."by_city"', 'view "shop"."cities"', 'view "shop"."cities"'],
  );
  const there = planFor('shop.orders', saved, 'merge', schema(BY_CITY, CITIES));
  assert.deepEqual([there.drops, there.creates, there.rebuilds.length], [[], [], 2]);
});

test('beside: all names are new and quoted, indexes get free ones, views are left out', () => {
  const beside = (as: string, own: readonly string[] = []) =>
    reconcileSideBySide(
      select(saved, names('shop.orders')),
      names('shop.orders'),
      names(as)[0] ?? assert.fail(),
      saved,
      new Set(own),
    );
  const near = beside('shop."Then"');
  assert.deepEqual(
    near.targetSchema.flatMap((o) => o.statements),
    [
      'CREATE TABLE "shop"."Then" (id int PRIMARY KEY, paid frozen<price>, city text)',
      'CREATE INDEX "Then_by_city" ON "shop"."Then" (city)',
    ],
  );
  assert.match(near.notes.join(), /view "shop"\."cities" is not created/);
  assert.deepEqual(near.rename({ keyspace: 'shop', name: 'orders' }), { keyspace: 'shop', name: 'Then' });
  assert.deepEqual(keys(beside('other').targetSchema), [
    'keyspace "other"."other"',
    'type "other"."money"',
    'type "other"."price"',
    'table "other"."orders"',
    'index "other"."by_city"',
  ]);
  assert.equal(refusal(() => beside('shop.wallets')).code, 'TARGET_EXISTS');
  for (const bad of ['system.x', '"a b"', 'shop."t.x"'])
    assert.equal(refusal(() => beside(bad)).code, 'USAGE');
  assert.deepEqual(keys(beside('shop.wallets', ['table "shop"."wallets"']).replaceable), [
    'table "shop"."wallets"',
  ]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIndexInfo, systemLayer, tablesLayer } from '../../../../src/domain/rewind/layers.ts';
import {
  checkNoTruncateUnderWay,
  checkNoViews,
  checkOneSchema,
  type ReplayReport,
} from '../../../../src/domain/rewind/replay-report.ts';

const HEX = (n: number) => String(n).padStart(32, '0');
const ID = (n: number) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
const file = (table: string, n: number, name = 'nb-1-big-Data.db') => `data/${table}-${HEX(n)}/${name}`;
const FILES = [
  ...[file('system/local', 1), file('system_schema/tables', 2), file('system_auth/roles', 3)],
  ...[file('shop/orders', 4), file('shop/orders', 4, '.byv/nb-1-big-Data.db')],
  ...[file('shop/orders', 4, 'nb-1-big-SAI+aa+byw+Meta.db'), file('shop/gone', 5), file('shop/cut', 6)],
];
const PLAN = { links: FILES.map((to) => [`from ${to}`, to] as const), unrepaired: [file('shop/cut', 6)] };
const AT: ReplayReport = {
  ...{ replayed: 0, later: 0, laterSchema: 0, skipped: 0, torn: 0, unknown: {}, lastWrites: {}, views: {} },
  truncatedBefore: { [ID(4)]: 'aa' },
  truncatedAfter: { [ID(4)]: 'aa', [ID(6)]: 'bb' },
  tables: { [ID(3)]: 'system_auth.roles', [ID(4)]: 'shop.orders', [ID(6)]: 'shop.cut' },
  ...{ indexesBefore: {}, indexes: {} },
};
const placed = (of: { readonly links: readonly (readonly [string, string])[] }) =>
  of.links.map(([, to]) => to);

test("Cassandra's own tables come first, and no other", () => {
  assert.deepEqual(placed(systemLayer(PLAN)), FILES.slice(0, 2));
  assert.deepEqual(systemLayer(PLAN).unrepaired, []);
});

test('tables that were dropped or truncated since the backup are left out; one that was truncated before it is not', () => {
  assert.deepEqual(placed(tablesLayer(PLAN, AT)), FILES.slice(2, 6));
  const both = { ...AT, truncatedAfter: AT.truncatedBefore };
  assert.deepEqual(placed(tablesLayer(PLAN, both)), [...FILES.slice(2, 6), FILES[7]]);
  assert.deepEqual(tablesLayer(PLAN, both).unrepaired, PLAN.unrepaired);
});

test('where an index is another one than in the backup, no index comes with the files of its table', () => {
  const made = { ...AT, indexes: { 'shop.orders.byv': 'COMPOSITES {}' } };
  assert.deepEqual(placed(tablesLayer(PLAN, made)), [FILES[2], FILES[3]]);
  const same = { ...made, indexesBefore: made.indexes };
  assert.deepEqual(placed(tablesLayer(PLAN, same)), FILES.slice(2, 6));
});

test('what calls indexes built is known by its table', () => {
  assert.equal(isIndexInfo(file('system/IndexInfo', 9)), true);
  assert.equal(isIndexInfo(file('shop/IndexInfo', 9)), false);
});

test('nodes that had different schemas at the target are refused', () => {
  const other = { ...AT, tables: { ...AT.tables, [ID(7)]: 'shop.made' } };
  checkOneSchema(
    new Map([
      ['a', AT],
      ['b', { ...AT, tables: Object.fromEntries(Object.entries(AT.tables).toReversed()) }],
    ]),
    'T',
  );
  assert.throws(
    () =>
      checkOneSchema(
        new Map([
          ['a', AT],
          ['b', other],
        ]),
        'T',
      ),
    {
      code: 'SCHEMA_DISAGREEMENT',
      message: /a and b had different schemas.*shop\.made/,
    },
  );
});

const TARGET = Date.parse('2026-03-01T14:00:00Z');

test('a TRUNCATE that some nodes had done at the target, and others not, is refused by name', () => {
  const check = (...reports: readonly ReplayReport[]) =>
    checkNoTruncateUnderWay(new Map(reports.map((r, i) => [`n${i}`, r])), new Date(TARGET));
  const before = { ...AT, truncatedAfter: AT.truncatedBefore };
  // Each node has its own time of one; what a node truncates of its own says nothing.
  const own = { [ID(9)]: 'system.size_estimates', [ID(3)]: 'system_auth.roles' };
  const tables = { ...AT.tables, ...own };
  check(
    { ...AT, tables },
    { ...AT, tables, truncatedAfter: { [ID(4)]: 'aa', [ID(6)]: 'cc', [ID(9)]: 'dd' } },
  );
  check(before, before);
  assert.throws(() => check(AT, before, AT), {
    code: 'SCHEMA_DISAGREEMENT',
    message: /At 2026-03-01T14:00:00.000Z a TRUNCATE was under way \(shop\.cut\): n1 had not done it/,
    hint: /state before the rewind is kept/,
  });
  // Another time than that of the base is another one.
  assert.throws(() => check(before, { ...before, truncatedAfter: { [ID(4)]: 'bb' } }), {
    message: /\(shop\.orders\): n0 had not/,
  });
});

test('of a table that was truncated before, too, the time says whether a node had done the last one', () => {
  const record = (ms: number) => `0000${ms.toString(16).padStart(16, '0')}`;
  const report = (ms: number) => ({ ...AT, truncatedAfter: { [ID(4)]: 'aa', [ID(6)]: record(ms) } });
  const check = (...times: readonly number[]) =>
    checkNoTruncateUnderWay(new Map(times.map((ms, i) => [`n${i}`, report(TARGET - ms)])), new Date(TARGET));
  check(500, 30_000);
  // That one node did not do it within the time is how it was.
  check(90_000, 600_000);
  assert.throws(() => check(500, 600_000, 700), {
    code: 'SCHEMA_DISAGREEMENT',
    message: /\(shop\.cut\): n1 had not/,
  });
});

test('a view at the target is refused by name', () => {
  checkNoViews(new Map([['a', AT]]), 'T');
  const viewed = { ...AT, views: { [ID(8)]: 'shop.by_name' } };
  assert.throws(
    () =>
      checkNoViews(
        new Map([
          ['a', AT],
          ['b', viewed],
        ]),
        'T',
      ),
    {
      code: 'REWIND_UNSUPPORTED',
      message: /shop\.by_name/,
    },
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOfTables, unendedIn } from '../../../../src/domain/restore-state/for-tables.ts';
import type { TableEntry } from '../../../../src/domain/tables/table-journal.ts';
import { OLDER, TAG } from '../../support/kept-volumes.ts';

const ENTRY: TableEntry = {
  ...{ key: 'k', source: `backup:${TAG}`, tag: TAG, tables: ['"shop"."orders"'], options: [] },
  ...{
    startedAt: '2026-03-01T02:30:00.000Z',
    autoSnapshots: [],
    recreated: [],
    ids: {},
    pendingStatements: [],
  },
};
const RUN = { key: 'other', names: ['"shop"'], addsRows: true };

test('rows are not added to what another restore has half replaced', () => {
  const refused = refusalOfTables([ENTRY], RUN);
  assert.equal(refused?.code, 'RESTORE_PENDING');
  assert.match(
    refused?.message ?? '',
    /^A restore of "shop"\."orders" from backup:\S+ has begun and not ended;/,
  );
  assert.match(refused?.hint ?? '', /Run `kassette restore-table '"shop"\."orders"' --from \S+` again first/);
});

test('its own earlier run, other tables, a copy beside, and a restore that replaces are none of it', () => {
  assert.equal(refusalOfTables([ENTRY], { ...RUN, key: 'k' }), null);
  assert.equal(refusalOfTables([ENTRY], { ...RUN, names: ['"shop"."customers"'] }), null);
  assert.equal(refusalOfTables([{ ...ENTRY, options: ['--as', 'x'] }], RUN), null);
  assert.equal(refusalOfTables([ENTRY], { ...RUN, addsRows: false }), null);
});

test('one can still end as long as its backup is there', () => {
  const tables = { text: '', value: [ENTRY, { ...ENTRY, key: 'c', source: 'clones:x' }] };
  assert.equal(unendedIn({ tables, backups: [{ tag: TAG }] }).length, 2);
  assert.deepEqual(
    unendedIn({ tables, backups: [{ tag: OLDER }] }).map((e) => e.key),
    ['c'],
  );
  assert.deepEqual(unendedIn({ tables: null, backups: [] }), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outlivedGrace } from '../../../../src/domain/restore/gc-grace.ts';
import { parseSchema } from '../../../../src/domain/schema/schema.ts';
import { warnOfOutlivedGrace } from '../../../../src/engine/schema/outlived-grace.ts';
import type { Ports } from '../../../../src/ports/ports.ts';

const DAY_S = 86_400;
const schema = parseSchema(
  [
    "CREATE KEYSPACE k WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3};",
    `CREATE TABLE k.usual (a int PRIMARY KEY) WITH comment = '' AND gc_grace_seconds = ${10 * DAY_S};`,
    `CREATE TABLE k."Short" (a int PRIMARY KEY) WITH gc_grace_seconds = ${DAY_S} AND comment = '';`,
    'CREATE TABLE k.none (a int PRIMARY KEY) WITH gc_grace_seconds = 0;',
    `CREATE MATERIALIZED VIEW k.v AS SELECT * FROM k.usual WHERE a IS NOT NULL PRIMARY KEY (a) WITH gc_grace_seconds = ${DAY_S};`,
  ].join('\n'),
);

test('tables whose deletions are older than their grace', () => {
  assert.deepEqual(outlivedGrace(schema, DAY_S), []);
  assert.deepEqual(outlivedGrace(schema, DAY_S + 1), ['"k"."Short"']);
  assert.deepEqual(outlivedGrace(schema, 11 * DAY_S), ['"k"."usual"', '"k"."Short"']);
});

test('the warning names the age, the tables and what to do; a young backup has none', () => {
  const warnings: string[] = [];
  const at = (now: string) =>
    ({
      clock: { now: () => new Date(now) },
      progress: { warn: (w: string) => warnings.push(w) },
    }) as unknown as Ports;
  const tag = 'kassette-20260301T021500Z-1a2b';
  warnOfOutlivedGrace(at('2026-03-02T02:15:00Z'), tag, schema);
  assert.deepEqual(warnings, []);
  warnOfOutlivedGrace(at('2026-03-04T03:15:00Z'), tag, schema);
  assert.match(
    warnings[0] ?? '',
    /is 3 days old, more than gc_grace_seconds of "k"\."Short"\. .*nodetool repair -full/,
  );
});

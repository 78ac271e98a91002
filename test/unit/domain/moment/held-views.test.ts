import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldView, isHeld } from '../../../../src/domain/moment/held-views.ts';
import { canonical } from '../../../../src/domain/schema/cql-text.ts';
import { parseSchema, type SchemaObject } from '../../../../src/domain/schema/schema.ts';

const parsed = (statement: string) => parseSchema(`${statement};`)[0] as SchemaObject;

const SELECT = `CREATE MATERIALIZED VIEW ks."By v" AS
    SELECT * FROM ks.rows
    WHERE v = 'comment = ''x''' AND id IS NOT NULL
    PRIMARY KEY (v, id)
 WITH CLUSTERING ORDER BY (id ASC)`;

test('a view is created with another comment, and gets its own when all nodes have it', () => {
  const saved = `${SELECT}
    AND cdc = false
    AND comment = 'of the shop''s'
    AND gc_grace_seconds = 864000`;
  const { keyspace, name, create, release } = heldView(saved);
  assert.deepEqual([keyspace, name], ['ks', 'By v']);
  assert.equal(
    canonical(create),
    canonical(saved.replace("'of the shop''s'", "'kassette: to be built when all nodes have this view'")),
  );
  assert.equal(release, `ALTER MATERIALIZED VIEW "ks"."By v" WITH comment = 'of the shop''s'`);
  assert.deepEqual([isHeld(parsed(create)), isHeld(parsed(saved))], [true, false]);
});

test('one without a comment gets an empty one', () => {
  const { create, release } = heldView(SELECT);
  assert.ok(isHeld(parsed(create)));
  assert.equal(release, `ALTER MATERIALIZED VIEW "ks"."By v" WITH comment = ''`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLogged } from '../../../../src/domain/rewind/unlogged.ts';

const keyspace = (name: string, durable: boolean) =>
  `CREATE KEYSPACE ${name} WITH replication = {'class': 'NetworkTopologyStrategy'}  AND durable_writes = ${durable};`;
const table = (comment: string) => `CREATE TABLE shop.a (id int PRIMARY KEY) WITH comment = '${comment}';`;

test('what the log does not have, and what it has for other nodes, is refused by name', () => {
  checkLogged([keyspace('shop', true), table('CREATE MATERIALIZED VIEW durable_writes = false')]);
  assert.throws(() => checkLogged([keyspace('shop', true), keyspace('"Cache"', false)]), {
    code: 'REWIND_UNSUPPORTED',
    message: /Writes to "Cache" are in no commit log/,
  });
  assert.throws(() => checkLogged(['\nCREATE MATERIALIZED VIEW shop.by_name AS SELECT id FROM shop.a']), {
    code: 'REWIND_UNSUPPORTED',
    message: /shop\.by_name is a materialized view/,
  });
});

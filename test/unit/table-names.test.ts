import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSource, showSource } from '../../src/domain/source.ts';
import { parseTableName, showName } from '../../src/domain/table-name.ts';

test('names are those of CQL: bare ones lower-cased, quoted ones as they stand, with dots and spaces', () => {
  assert.deepEqual(parseTableName('Shop.Orders'), { keyspace: 'shop', table: 'orders' });
  assert.deepEqual(parseTableName('shop'), { keyspace: 'shop', table: null });
  assert.deepEqual(parseTableName('"Camel Case"."t.x"'), { keyspace: 'Camel Case', table: 't.x' });
  assert.deepEqual(parseTableName('shop."a ""b"""'), { keyspace: 'shop', table: 'a "b"' });
  assert.equal(showName({ keyspace: 'Camel Case', table: 'a "b"' }), '"Camel Case"."a ""b"""');
});

test('anything else is no name', () => {
  for (const text of ['', '.', 'a.', '.b', 'a.b.c', 'a b', '"a', "'a'", 'a;b', 'a.*']) {
    assert.equal(parseTableName(text), null, text);
  }
});

test('a source is a backup by its tag or a directory', () => {
  const tag = 'kassette-20260301T021500Z-1a2b';
  assert.deepEqual(parseSource(`backup:${tag}`), { kind: 'backup', tag });
  assert.deepEqual(parseSource('path:/a dir: with colon'), { kind: 'path', directory: '/a dir: with colon' });
  for (const text of ['', tag, 'backup:', 'backup:mine', 'path:', 'clones:x', 'Path:/x']) {
    assert.equal(parseSource(text), null, text);
  }
  assert.equal(showSource({ kind: 'path', directory: '/x' }), 'path:/x');
});

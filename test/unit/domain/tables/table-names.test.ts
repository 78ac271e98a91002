import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTableName, showName } from '../../../../src/domain/tables/table-name.ts';
import { parseSource, showSource } from '../../../../src/domain/transfer/source.ts';

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

test('a source is a backup by its tag, the end of the names of claims, or a directory', () => {
  const tag = 'kassette-20260301T021500Z-1a2b';
  assert.deepEqual(parseSource(`backup:${tag}`), { kind: 'backup', tag });
  assert.deepEqual(parseSource('path:/a dir: with colon'), { kind: 'path', directory: '/a dir: with colon' });
  for (const text of [
    '',
    tag,
    'backup:',
    'backup:mine',
    'path:',
    'clones:',
    'clones:a b',
    'clones:-',
    'clones:A',
    'clones:x,',
    'clones:x, y',
    'Path:/x',
  ]) {
    assert.equal(parseSource(text), null, text);
  }
  for (const text of ['clones:2026-03-01-08-30-00', 'clones:-x,y', 'path:/x', `backup:${tag}`]) {
    assert.equal(showSource(parseSource(text) ?? assert.fail(text)), text);
  }
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatBytes, formatSeconds, parseBytes, parseDuration } from '../../../src/cli/quantities.ts';
import { tablesOf } from '../../../src/domain/backup/snapshot-tables.ts';
import { isTag, newTag, tagTime } from '../../../src/domain/backup/tag.ts';
import { skew } from '../../../src/domain/cluster/skew.ts';
import { isSystemKeyspace } from '../../../src/domain/cluster/system-keyspaces.ts';
import { parseComponent, splitComponent, withGeneration } from '../../../src/domain/sstables/sstable.ts';
import { VERSION } from '../../../src/domain/version.ts';

test('a tag tells its time and is told from other names', () => {
  const tag = newTag(new Date('2026-03-01T02:15:00.500Z'), '1a2b');
  assert.equal(tag, 'kassette-20260301T021500Z-1a2b');
  assert.equal(tagTime(tag)?.toISOString(), '2026-03-01T02:15:00.000Z');
  for (const name of ['kassette-mine', `${tag}x`, 'truncated-1-t', '../kassette-20260301T021500Z-1a2b'])
    assert(!isTag(name));
});

test('SSTable component names of every format are read and given another generation', () => {
  for (const [name, as] of [
    ['nb-12-big-Data.db', 'nb-7-big-Data.db'],
    ['nb-3gvk_0h5m_1zu4w2aprxc9fzyznj-big-TOC.txt', 'nb-7-big-TOC.txt'],
    ['da-3-bti-Partitions.db', 'da-7-bti-Partitions.db'],
    ['nb-1-big-SAI+aa+by_name+Meta.db', 'nb-7-big-SAI+aa+by_name+Meta.db'],
    ['oa-1-big-Digest.crc32', 'oa-7-big-Digest.crc32'],
  ] as const) {
    const parsed = splitComponent(name);
    assert(parsed, name);
    assert.equal(withGeneration(...parsed, 7), as);
  }
  for (const name of ['manifest.json', 'schema.cql', 'nb_txn_flush_x.log', 'backups'])
    assert.equal(parseComponent(name), null);
});

test('table directories of several data directories make one table', () => {
  const id = '62eb9c60c7b111f08f0c000000000000';
  const parts = ['data', '/mnt/data2'].map((d) => ({ directory: `${d}/ks/t-${id}`, files: [] }));
  const tables = tablesOf([...parts, { directory: 'data/odd', files: [] }]);
  assert.deepEqual(
    tables.map(({ keyspace, name, id, parts }) => [keyspace, name, id, parts.length]),
    [['ks', 't', '62eb9c60-c7b1-11f0-8f0c-000000000000', 2]],
  );
});

test('only the real system keyspaces are such', () => {
  assert(isSystemKeyspace('system_auth'));
  for (const name of ['system_of_record', 'my_system', 'System', 'systems']) assert(!isSystemKeyspace(name));
});

test('skew is the larger spread of starts and ends', () => {
  const at = (start: number, end: number) => ({ startedAt: new Date(start), endedAt: new Date(end) });
  assert.equal(skew([at(0, 100), at(10, 180), at(5, 120)]), 80);
  assert.equal(skew([]), 0);
});

test('quantities are read and written', () => {
  assert.deepEqual(['90s', '10m', '1h', '250ms', '5', 'soon', '5d'].map(parseDuration), [
    90_000,
    600_000,
    3_600_000,
    250,
    5000,
    null,
    null,
  ]);
  assert.deepEqual(['512MiB', '1.5KiB', '7', 'much'].map(parseBytes), [536_870_912, 1536, 7, null]);
  assert.deepEqual([0, 9728, 3 * 1024 ** 4].map(formatBytes), ['0 B', '9.5 KiB', '3.0 TiB']);
  assert.deepEqual([3.91, 42, 130, 7500, 190000].map(formatSeconds), [
    '3.9 s',
    '42 s',
    '2 min 10 s',
    '2 h 5 min',
    '2 d 4 h',
  ]);
});

test('the version is that of package.json', () => {
  assert.equal(JSON.parse(readFileSync('package.json', 'utf8')).version, VERSION);
});

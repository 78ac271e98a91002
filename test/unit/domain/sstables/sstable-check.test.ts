import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '../../../../src/domain/backup/manifest.ts';
import { lackingFiles, tocsOf } from '../../../../src/domain/sstables/sstable-check.ts';

const TAG = 'kassette-20260301T021500Z-1a2b';

function manifestWith(files: readonly { name: string; bytes: number; crc?: string }[]): Manifest {
  const tables = [
    { keyspace: 'ks', name: 't', id: 'x', parts: [{ directory: 'data/ks/t-1', files: [...files] }] },
  ];
  return { tag: TAG, tables } as unknown as Manifest;
}

const data = (n: number, crc?: string) => ({
  name: `nb-${n}-big-Data.db`,
  bytes: 9,
  ...(crc === undefined ? {} : { crc }),
});

test('an SSTable without its Data.db or without a CRC of it is not whole; one of an index is looked at alone', () => {
  assert.deepEqual(lackingFiles(manifestWith([data(1, '7'), { name: 'nb-1-big-TOC.txt', bytes: 3 }])), []);
  assert.deepEqual(
    lackingFiles(
      manifestWith([
        data(1),
        { name: 'nb-2-big-Index.db', bytes: 1 },
        data(3, '1'),
        { name: '.by_city/nb-3-big-Filter.db', bytes: 1 },
      ]),
    ),
    [
      `SSTable data/ks/t-1/snapshots/${TAG}/.by_city/nb-3-big has no Data.db`,
      `SSTable data/ks/t-1/snapshots/${TAG}/nb-1-big has no Digest.crc32`,
      `SSTable data/ks/t-1/snapshots/${TAG}/nb-2-big has no Data.db`,
    ],
  );
});

test('lists of components are found with what is there of each', () => {
  const [toc, ...more] = tocsOf(
    manifestWith([data(1, '7'), { name: 'nb-1-big-TOC.txt', bytes: 30 }, data(2, '8')]),
  );
  assert.deepEqual(more, []);
  assert.equal(toc?.path, `data/ks/t-1/snapshots/${TAG}/nb-1-big-TOC.txt`);
  assert.deepEqual([toc?.bytes, [...(toc?.components ?? [])]], [30, ['Data.db', 'TOC.txt']]);
});

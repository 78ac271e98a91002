import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '../../../../src/domain/backup/manifest.ts';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import type { Space } from '../../../../src/domain/restore/space.ts';
import { checkSpace } from '../../../../src/domain/restore/space.ts';

const NODE = { name: 'n-0' } as Node;
const file = (name: string, bytes: number) => ({ name, bytes });
const FILES = [
  file('nb-1-big-Data.db', 1_000_000),
  file('nb-1-big-Statistics.db', 300),
  file('.by_color/nb-1-big-Data.db', 5000),
];
const table = (keyspace: string) => ({
  keyspace,
  name: 't',
  id: 'i',
  parts: [{ directory: 'd', files: FILES }],
});
const MANIFEST = { tables: [table('shop'), table('system')] } as unknown as Manifest;
const free = (freeBytes: number, ...space: readonly Space[]) => ({ freeBytes, space });

test('a restore wants room for indexes and statistics of users’ tables, and the reserve; data are linked', () => {
  checkSpace(NODE, MANIFEST, free(5300 + 64), 64);
  assert.throws(() => checkSpace(NODE, MANIFEST, free(5300 + 63), 64), {
    code: 'NO_SPACE',
    message:
      'The volume of n-0 has 5363 bytes free; the restore needs 5364 (5300 for indexes, views and statistics, 64 in reserve).',
  });
});

test('each file system has to have room for what lies on it, and is named', () => {
  const own = { directory: 'data', device: '1', freeBytes: 64 };
  const other = { directory: '/mnt/more/data', device: '2', freeBytes: 5300 + 63 };
  const parts = [{ directory: '/mnt/more/data/shop/t-1', files: FILES }];
  const spread = { tables: [{ keyspace: 'shop', name: 't', id: 'i', parts }] };
  checkSpace(NODE, spread, free(64, own, { ...other, freeBytes: 5300 + 64 }), 64);
  const message = /^Data directory \/mnt\/more\/data of n-0 has 5363 bytes free; the restore needs 5364/;
  assert.throws(() => checkSpace(NODE, spread, free(64, own, other), 64), { code: 'NO_SPACE', message });
  // Of one file system they share the room.
  const same = { ...other, device: '1' };
  assert.throws(
    () => checkSpace(NODE, spread, free(64, own, same), 64),
    /^KassetteError: The volume of n-0 has 64/,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSpace } from '../../src/domain/backup/backup-check.ts';
import type { Manifest } from '../../src/domain/backup/manifest.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';

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

test('a restore wants room for indexes and statistics of users’ tables, and the reserve; data are linked', () => {
  checkSpace(NODE, MANIFEST, 5300 + 64, 64);
  assert.throws(() => checkSpace(NODE, MANIFEST, 5300 + 63, 64), {
    code: 'NO_SPACE',
    message:
      'The volume of n-0 has 5363 bytes free; the restore needs 5364 (5300 for indexes, views and statistics, 64 in reserve).',
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import type { Node } from '../../../src/domain/cluster/topology.ts';

export const TAG = 'kassette-20260301T021500Z-1a2b';
export const TABLE = 'data/ks/t-62eb9c60c7b111f08f0c000000000000';
export const DATA = 'the rows';

/** A directory that looks like a volume, with a snapshot that would be a backup's. */
export function makeNode(): Node {
  const root = mkdtempSync(join(tmpdir(), 'kassette-volume-'));
  put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`, DATA);
  put(root, `${TABLE}/snapshots/${TAG}/nb-1-big-Digest.crc32`, String(crc32(DATA)));
  put(root, `${TABLE}/snapshots/${TAG}/.idx/nb-1-big-Data.db`, 'index');
  put(root, `${TABLE}/snapshots/${TAG}/manifest.json`, '{}');
  put(root, `${TABLE}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  put(root, `${TABLE}/snapshots/truncated-1-t/nb-1-big-Data.db`, 'automatic');
  put(root, `${TABLE}/nb-1-big-Data.db`, 'live');
  return {
    ...{ name: 'n', cluster: 'c', datacenter: 'd', rack: 'r', address: '127.0.0.1' },
    ...{ cqlEndpoint: '127.0.0.1:9042', managementUrl: '' },
    ...{ volume: root, dataDirectories: [join(root, 'data')] },
  };
}

export function put(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A path on which there are only these tools. */
export async function onlyWith(t: TestContext, tools: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'kassette-tools-'));
  const path = process.env['PATH'];
  for (const tool of tools) symlinkSync(`/usr/bin/${tool}`, join(directory, tool));
  process.env['PATH'] = directory;
  t.after(() => {
    process.env['PATH'] = path;
    rmSync(directory, { recursive: true });
  });
}

import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { volumeFiles } from '../../../src/adapters/volume-files/volume-files.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { ManifestTable } from '../../../src/domain/backup/manifest.ts';
import { tablesOf } from '../../../src/domain/backup/snapshot-tables.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import {
  checksumOf,
  contentFault,
  wantedChecksums,
  withoutChecksum,
} from '../../../src/domain/sstables/checksums.ts';
import { checkContents } from '../../../src/engine/reading/readings.ts';
import { verifyCopied } from '../../../src/engine/tables/transfer/verify-copied.ts';
import { makeNode, put, TABLE, TAG } from './script-volume.ts';

const CKSUMS = { signal: new AbortController().signal };

// One byte of one component, the size as it was: found beside the node's files, and offline.
const COMPONENTS = [
  'nb-1-big-Filter.db',
  'nb-1-big-Statistics.db',
  'nb-1-big-Summary.db',
  'nb-1-big-Index.db',
  'nb-1-big-CompressionInfo.db',
  'nb-1-big-TOC.txt',
  'nb-1-big-Digest.crc32',
  'nb-1-big-SAI+aa+by_a+TermsData.db',
  '.idx/nb-1-big-Filter.db',
  '.idx/nb-1-big-Index.db',
];
const volumes = new VolumeScripts(localShell());
let node: Node;
let tables: readonly ManifestTable[];

beforeEach(async () => {
  node = makeNode();
  // One of them in more than one piece.
  for (const name of COMPONENTS)
    if (!name.endsWith('crc32'))
      put(node.volume, pathOf(name), `${name} `.repeat(name === COMPONENTS[0] ? 70_000 : 7));
  tables = tablesOf((await volumes.read(node, TAG, CKSUMS)).parts);
});
afterEach(() => rmSync(node.volume, { recursive: true }));

const pathOf = (name: string) => `${TABLE}/snapshots/${TAG}/${name}`;
const at = (name: string) => join(node.volume, pathOf(name));

async function check(recorded = tables): Promise<void> {
  const { parts } = await volumes.read(node, TAG);
  await checkContents({ volumes }, node, { manifest: { tag: TAG, tables: [...recorded] }, parts });
}

async function offlineFaults(): Promise<readonly string[]> {
  const { parts } = await volumes.read(node, TAG);
  const offline = volumeFiles(node.volume, 'offline');
  const wanted = [...wantedChecksums({ tag: TAG, tables: [...tables] }, parts)];
  const found = await Promise.all(wanted.map((w) => offline.checksum(w.path, w.kind)));
  return wanted.map((w, i) => contentFault(w, found[i])).filter((fault) => fault !== null);
}

for (const name of COMPONENTS) {
  test(`another byte in ${name}`, async () => {
    await check();
    assert.deepEqual(await offlineFaults(), []);
    const content = readFileSync(at(name));
    const middle = Math.floor(content.length / 2);
    content[middle] = (content[middle] ?? 0) ^ 1;
    writeFileSync(at(name), content);
    const fault = `${pathOf(name)} has the checksum `;
    await assert.rejects(check(), (error: Error & { code: string }) => {
      assert.equal(error.code, 'FILES_DAMAGED');
      assert(error.message.startsWith(`The backup on n is damaged: ${fault}`), error.message);
      return true;
    });
    const offline = await offlineFaults();
    assert(offline.length === 1 && offline[0]?.startsWith(fault), offline.join());
  });
}

test('a list of components that Cassandra has added to is no damage', async () => {
  appendFileSync(at('nb-1-big-TOC.txt'), 'SAI+aa+by_b+Meta.db\n');
  await check();
  assert.deepEqual(await offlineFaults(), []);
});

test('of what an older kassette recorded only the sizes are known', async () => {
  const older = tablesOf((await volumes.read(node, TAG)).parts);
  writeFileSync(at('nb-1-big-Filter.db'), readFileSync(at('nb-1-big-Filter.db'), 'utf8').toUpperCase());
  await check(older);
  await assert.rejects(check(), { code: 'FILES_DAMAGED' });
  assert.deepEqual(
    [older, tables].map((t) => withoutChecksum({ tables: [...t] })),
    [COMPONENTS.length + 1, 1],
  );
});

test('a copy is compared with the manifest: the damage is that of the backup, or happened on the way', async () => {
  const name = 'nb-1-big-Filter.db';
  const file = tables.flatMap((t) => t.parts.flatMap((p) => [...p.files])).find((f) => f.name === name);
  assert(file !== undefined);
  const copy = {
    from: pathOf(name),
    to: 'kassette/staging/filter',
    bytes: file.bytes,
    checksum: checksumOf(file),
  };
  const verify = () => verifyCopied({ volumes }, node, { node }, [copy]);
  const content = readFileSync(at(name), 'utf8');
  put(node.volume, copy.to, content);
  await verify();
  put(node.volume, copy.to, content.toUpperCase());
  await assert.rejects(verify(), { code: 'NODE_SHELL', message: /is not what was copied/ });
  put(node.volume, copy.from, content.toUpperCase());
  put(node.volume, copy.to, content.toUpperCase());
  await assert.rejects(verify(), { code: 'FILES_DAMAGED', message: /Filter\.db has the checksum/ });
});

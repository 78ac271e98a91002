import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { simulatedShell } from '../../simulation/ports/shell.ts';
import { makeNode, put, TAG } from './script-volume.ts';

let node: Node;
beforeEach(() => {
  node = makeNode();
});
afterEach(() => rmSync(node.volume, { recursive: true }));
const at = (path: string) => join(node.volume, path);
const NAME = (id: number) => `CommitLog-7-${id}.log`;

for (const [by, shell] of [
  ['by sh', localShell],
  ['simulated', simulatedShell],
] as const) {
  describe(by, () => contract(shell));
}

function contract(shell: () => NodeShell): void {
  const volumes = new VolumeScripts(shell());
  const segment = (directory: string, id: number, text: string, seconds: number) => {
    put(node.volume, `${directory}/${NAME(id)}`, text);
    utimesSync(at(`${directory}/${NAME(id)}`), seconds, seconds);
  };

  test('a volume without a log and without an archive has neither', async () => {
    const { archived, live, stopped } = await volumes.logFiles(node);
    assert.deepEqual([archived, live, stopped], [[], null, null]);
    assert.equal((await volumes.survey(node)).archives, false);
  });

  test('segments of the log and of the archive, with their sizes and times; nothing else', async () => {
    segment('kassette/commitlog', 5, 'four', 1_795_720_842.5);
    segment('commitlog', 6, 'seven!!', 1_795_720_900.25);
    for (const other of ['CommitLog-7-7_cdc.idx', 'CommitLog-7-7.log.part', 'CommitLog-7-x.log', 'stopped'])
      put(node.volume, `kassette/commitlog/${other}`, '1 CommitLog-7-7.log full\n');
    const { archived, live, stopped, freeBytes, totalBytes } = await volumes.logFiles(node);
    assert.deepEqual(archived, [{ name: NAME(5), id: 5n, bytes: 4, modifiedAt: 1_795_720_842_500 }]);
    assert.deepEqual(live, [{ name: NAME(6), id: 6n, bytes: 7, modifiedAt: 1_795_720_900_250 }]);
    assert.equal(stopped, '1 CommitLog-7-7.log full\n');
    assert.ok(freeBytes > 0 && totalBytes >= freeBytes);
    assert.equal((await volumes.survey(node)).archives, true);
  });

  test('a rewind that is neither accepted nor undone', async () => {
    assert.equal((await volumes.survey(node)).rewinding, false);
    put(node.volume, 'kassette/rewind.json', '{}');
    assert.equal((await volumes.survey(node)).rewinding, true);
    rmSync(at('kassette/rewind.json'));
  });

  test('only what is named is pruned, and then the archive goes on; again, it is the same', async () => {
    for (const id of [5, 6, 7]) put(node.volume, `kassette/commitlog/${NAME(id)}`, 'x');
    put(node.volume, 'kassette/commitlog/stopped', 'x');
    for (let n = 0; n < 2; n++) await volumes.prune(node, [NAME(5), NAME(7)]);
    assert.deepEqual(readdirSync(at('kassette/commitlog')), [NAME(6)]);
    await volumes.prune(node, []);
    assert.deepEqual(readdirSync(at('kassette/commitlog')), [NAME(6)]);
  });

  test('nothing but segments is removed', async () => {
    put(node.volume, 'kassette/closed.json', 'x');
    const refused = (e: unknown) => e instanceof KassetteError && e.code === 'UNSAFE_VOLUME';
    await assert.rejects(volumes.prune(node, ['../closed.json']), refused);
    assert.equal(readFileSync(at('kassette/closed.json'), 'utf8'), 'x');
  });

  test('a backup that is kept is none of the open ones, as long as no restore of it has begun', async () => {
    await volumes.write(node, TAG, { schema: 's', manifest: '{}' });
    await volumes.complete(node, TAG, 'marker');
    await volumes.retain(node, TAG, 'closed');
    const kept = await volumes.survey(node);
    assert.deepEqual(kept.backups, []);
    assert.deepEqual(kept.retained, [{ tag: TAG, marker: 'marker' }]);
    await volumes.begin(node, TAG, '{}');
    const begun = await volumes.survey(node);
    assert.deepEqual([begun.retained, begun.backups.map((b) => b.complete)], [[], [true]]);
    await volumes.remove(node, [TAG]);
    const gone = await volumes.survey(node);
    assert.deepEqual([gone.retained, gone.backups], [[], []]);
  });
}

test('an archive that is a link is not followed', async () => {
  const volumes = new VolumeScripts(localShell());
  mkdirSync(at('kassette'), { recursive: true });
  put(node.volume, `elsewhere/${NAME(1)}`, 'x');
  symlinkSync(at('elsewhere'), at('kassette/commitlog'));
  const refused = (e: unknown) => e instanceof KassetteError && e.code === 'UNSAFE_VOLUME';
  await assert.rejects(volumes.logFiles(node), refused);
  await assert.rejects(volumes.prune(node, [NAME(1)]), refused);
  assert.deepEqual(readdirSync(at('elsewhere')), [NAME(1)]);
});

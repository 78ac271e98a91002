import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { cksum } from '../../simulation/ports/cksum.ts';
import { makeNode, put, TABLE, TAG } from './script-volume.ts';

const CKSUMS = { signal: new AbortController().signal };

// Checksums that a volume keeps between backups: what is read again is seen by a content that was changed without a trace.
const NEXT = 'kassette-20260302T021500Z-3c4d';
const FILTER = 'nb-1-big-Filter.db';
const volumes = new VolumeScripts(localShell());
let root: string;
let node: Node;

beforeEach(() => {
  node = makeNode();
  root = node.volume;
  put(root, inSnapshot(FILTER), 'filter');
  put(root, inSnapshot('nb-1-big-Statistics.db'), 'statistics');
});
afterEach(() => rmSync(root, { recursive: true }));

const inSnapshot = (name: string, tag = TAG) => `${TABLE}/snapshots/${tag}/${name}`;
const at = (path: string) => join(root, path);
const sumOf = (text: string) => String(cksum(Buffer.from(text)));
const KEPT = 'kassette/checksums';

/** By name, what is recorded of the files of a snapshot. */
async function recorded(tag = TAG, given = volumes): Promise<ReadonlyMap<string, string | undefined>> {
  const { parts } = await given.read(node, tag, CKSUMS);
  return new Map(parts.flatMap((p) => Array.from(p.files, (f) => [f.name, f.cksum] as const)));
}

/** As a disk does it: other bytes, and nothing else tells. */
function rot(path: string, text: string): void {
  const reference = at('reference');
  writeFileSync(reference, '');
  spawnSync('touch', ['-r', at(path), reference]);
  writeFileSync(at(path), text, { flag: 'r+' });
  spawnSync('touch', ['-r', reference, at(path)]);
}

/** What Cassandra links into its next snapshot. */
function linkAll(from: string, to: string, ...names: readonly string[]): void {
  put(root, inSnapshot('manifest.json', to), '{}');
  for (const name of names) linkSync(at(inSnapshot(name, from)), at(inSnapshot(name, to)));
}

test('the next backup reads only what is new, and so finds out what has rotted since', async () => {
  assert.equal((await recorded()).get(FILTER), sumOf('filter'));
  linkAll(TAG, NEXT, FILTER);
  rot(inSnapshot(FILTER), 'rotten');
  put(root, inSnapshot('nb-1-big-Statistics.db', NEXT), 'rewritten!');
  rmSync(at(`${TABLE}/snapshots/${TAG}`), { recursive: true });
  const next = await recorded(NEXT);
  assert.deepEqual(Object.fromEntries(next), {
    [FILTER]: sumOf('filter'),
    'nb-1-big-Statistics.db': sumOf('rewritten!'),
  });
  const path = inSnapshot(FILTER, NEXT);
  assert.deepEqual(await volumes.checksums(node, [path], 'cksum'), [sumOf('rotten')]);
});

test('a list whose owner or mode was set again counts, as after each mount of a volume with an `fsGroup`', async () => {
  await recorded();
  rot(inSnapshot(FILTER), 'rotten');
  for (const path of [KEPT, inSnapshot(FILTER)]) spawnSync('chmod', ['g+w', at(path)]);
  assert.equal((await recorded()).get(FILTER), sumOf('filter'));
});

test('an interrupted run reads no further', async () => {
  const stop = new AbortController();
  const stopping = {
    run: (...call: Parameters<ReturnType<typeof localShell>['run']>) => {
      stop.abort();
      return localShell().run(...call);
    },
  };
  const given = new VolumeScripts(stopping, 1);
  await assert.rejects(given.read(node, TAG, { signal: stop.signal }), { name: 'AbortError' });
  assert.equal(readFileSync(at(KEPT), 'utf8').trim().split('\n').length, 2);
});

test('what no snapshot has any more is not kept', async () => {
  await recorded();
  const kept = () => readFileSync(at(KEPT), 'utf8').split('\n').length;
  const before = kept();
  rmSync(at(inSnapshot(FILTER)));
  await recorded();
  assert.equal(kept(), before - 1);
});

const NONSENSE: Readonly<Record<string, () => void>> = {
  torn: () => truncateSync(at(KEPT), statSync(at(KEPT)).size - 20),
  empty: () => truncateSync(at(KEPT)),
  'with another checksum in it': () => {
    writeFileSync(at(KEPT), readFileSync(at(KEPT), 'utf8').replace(` ${sumOf('filter')}`, ' 1234567890'));
  },
  'of other words': () => {
    const text = `$(touch no) 1\n${'x'.repeat(100_000)}\n`;
    const said = spawnSync('cksum', { input: text, encoding: 'utf8' }).stdout.trim();
    writeFileSync(at(KEPT), `${said} ${statSync(at(KEPT)).ino}\n${text}`);
  },
  'in a volume that was copied file by file': () => {
    const copy = `${root}-copy`;
    spawnSync('cp', ['-a', at(KEPT), copy]);
    spawnSync('mv', [copy, at(KEPT)]);
  },
};

for (const [how, spoil] of Object.entries(NONSENSE)) {
  test(`a list that is ${how} counts for nothing`, async () => {
    await recorded();
    rot(inSnapshot(FILTER), 'rotten');
    assert.equal((await recorded()).get(FILTER), sumOf('filter'));
    spoil();
    assert.equal((await recorded()).get(FILTER), sumOf('rotten'));
    assert.equal((await recorded()).get('nb-1-big-Statistics.db'), sumOf('statistics'));
  });
}

test('more than is read in one run is left to the next ones, which go on from there', async () => {
  let runs = 0;
  const counting = localShell();
  const bytewise = new VolumeScripts(
    {
      run: (...call) => {
        runs++;
        return counting.run(...call);
      },
    },
    1,
  );
  const sums = await recorded(TAG, bytewise);
  assert.deepEqual([sums.get(FILTER), runs], [sumOf('filter'), 3]);
  assert.deepEqual(sums, await recorded());
});

test('where nothing can be kept the files that were not read are recorded without', async () => {
  const forgetting = {
    run: (...call: Parameters<ReturnType<typeof localShell>['run']>) => {
      rmSync(at(KEPT), { force: true });
      return localShell().run(...call);
    },
  };
  const sums = await recorded(TAG, new VolumeScripts(forgetting, 1));
  assert.equal([...sums.values()].filter((s) => s !== undefined).length, 1);
});

test('where a file cannot be read the run fails, and no list is left that lacks it', async () => {
  const missing = {
    run: (n: Node, script: string, args: readonly string[], input?: Uint8Array) =>
      localShell().run(n, script.replace('cksum -- >', 'cksum -- gone >'), args, input),
  };
  await assert.rejects(recorded(TAG, new VolumeScripts(missing)), /gone: No such file/);
  assert.deepEqual(readdirSync(at('kassette')), []);
});

test('a list that is a link is not followed, and a pipe in its place is not waited for', async () => {
  await recorded();
  const outside = at('outside');
  renameSync(at(KEPT), outside);
  const before = readFileSync(outside, 'utf8');
  symlinkSync(outside, at(KEPT));
  await assert.rejects(recorded(), { code: 'UNSAFE_VOLUME', message: /checksums is a symbolic link/ });
  assert.equal(readFileSync(outside, 'utf8'), before);
  rmSync(at(KEPT));
  spawnSync('mkfifo', [at(KEPT)]);
  assert.equal((await recorded()).get(FILTER), sumOf('filter'));
});

test('a name that Cassandra does not make keeps nothing from being recorded', async () => {
  for (const name of ['nb-1-big-\\n1 2 x.db', 'nb-1-big-a b.db', 'nb-1-big-\n.db', '-nb-1-big-x.db'])
    put(root, inSnapshot(name), 'forged');
  assert.equal((await recorded()).get(FILTER), sumOf('filter'));
});

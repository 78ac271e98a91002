import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { simulatedShell } from '../../simulation/ports/shell.ts';

// What carries files from one volume to another, on real directories, by a real sh and as the simulation does it.
const SNAPSHOT = 'data/ks/t-1/snapshots/kassette-20260301T021500Z-1a2b';
let root: string;
let from: Node;
let to: Node;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kassette-volume-'));
  from = nodeIn('from');
  to = nodeIn('to');
});
afterEach(() => rmSync(root, { recursive: true }));

function nodeIn(name: string): Node {
  const volume = join(root, name);
  mkdirSync(join(volume, 'data'), { recursive: true });
  const place = {
    cluster: 'c',
    datacenter: 'd',
    rack: 'r',
    address: '127.0.0.1',
    cqlEndpoint: '',
    managementUrl: '',
  };
  return { name, ...place, volume, dataDirectories: [join(volume, 'data')] };
}

function put(node: Node, path: string, content: Uint8Array | string): void {
  mkdirSync(join(node.volume, path, '..'), { recursive: true });
  writeFileSync(join(node.volume, path), content);
}

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i % 256));

for (const [by, shell] of [
  ['by sh', localShell],
  ['simulated', simulatedShell],
] as const) {
  describe(by, () => contract(shell));
}

function contract(shell: () => NodeShell): void {
  const volumes = new VolumeScripts(shell());
  test('segments of several files are read one behind the other and staged, to the byte', async () => {
    put(from, `${SNAPSHOT}/a`, bytes);
    put(from, `${SNAPSHOT}/b`, 'text\n\n');
    const segments = (at: (name: string) => string) => [
      { path: at('a'), offset: 100, bytes: 900 },
      { path: at('b'), offset: 0, bytes: 6 },
      { path: at('empty'), offset: 0, bytes: 0 },
    ];
    put(from, `${SNAPSHOT}/empty`, '');
    const data = await volumes.readSegments(
      from,
      segments((n) => `${SNAPSHOT}/${n}`),
    );
    assert.deepEqual(data, Buffer.concat([bytes.subarray(100), Buffer.from('text\n\n')]));
    const staged = (name: string) => `kassette/staging/id/${SNAPSHOT}/${name}`;
    await volumes.stage(to, [{ path: staged('a'), offset: 0, bytes: 100 }], bytes.subarray(0, 100));
    await volumes.stage(to, segments(staged), data);
    await volumes.syncStaged(to);
    assert.deepEqual(readFileSync(join(to.volume, staged('a'))), bytes);
    assert.deepEqual([...(await volumes.stagedFiles(to))].toSorted(), [
      [staged('a'), 1000],
      [staged('b'), 6],
      [staged('empty'), 0],
    ]);
  });

  test('a load that is sent again is not put behind what arrived of it; one whose beginning is missing is refused', async () => {
    const path = 'kassette/staging/id/a';
    const load = { path, offset: 10, bytes: 20 };
    await volumes.stage(to, [{ path, offset: 0, bytes: 10 }], bytes.subarray(0, 10));
    await volumes.stage(to, [load], bytes.subarray(10, 30));
    await volumes.stage(to, [load], bytes.subarray(10, 30));
    assert.deepEqual(readFileSync(join(to.volume, path)), bytes.subarray(0, 30));
    await assert.rejects(
      volumes.stage(to, [{ path, offset: 40, bytes: 5 }], bytes.subarray(0, 5)),
      /shorter/,
    );
    await volumes.stage(to, [{ path, offset: 0, bytes: 0 }], Buffer.alloc(0));
    assert.equal(readFileSync(join(to.volume, path)).length, 0);
  });

  test('a load that ends early, and a source that is shorter than it should be, are refused', async () => {
    const segment = { path: 'kassette/staging/id/a', offset: 0, bytes: 10 };
    await assert.rejects(volumes.stage(to, [segment], bytes.subarray(0, 7)), /ended early/);
    put(from, 'short', 'abc');
    await assert.rejects(
      volumes.readSegments(from, [{ path: 'short', offset: 1, bytes: 5 }]),
      /2 bytes .* instead of 5/,
    );
    await assert.rejects(
      volumes.readSegments(from, [{ path: 'gone', offset: 0, bytes: 5 }]),
      /instead of 5|failed/,
    );
  });

  test('pieces of several files go from a copy into the volume, and go on where an earlier run was cut off', async () => {
    const target = (name: string) => `kassette/staging/id/${SNAPSHOT}/${name}`;
    const move = (name: string, offset: number, bytes: number) => ({
      ...{ from: `${SNAPSHOT}/${name}`, to: target(name), offset, bytes },
    });
    put(from, `${SNAPSHOT}/a`, bytes);
    put(from, `${SNAPSHOT}/b`, 'text\n\n');
    put(from, `${SNAPSHOT}/empty`, '');
    const untouched = readdirSync(from.volume, { recursive: true });
    await volumes.copyDirect(from, to, [move('a', 0, 100)]);
    // What is sent again, or went further than was told, is not put behind what is there.
    await volumes.copyDirect(from, to, [move('a', 0, 300)]);
    await volumes.copyDirect(from, to, [move('a', 100, 900), move('b', 0, 6), move('empty', 0, 0)]);
    for (const [name, content] of [
      ['a', bytes],
      ['b', Buffer.from('text\n\n')],
      ['empty', Buffer.alloc(0)],
    ] as const) {
      assert.deepEqual(readFileSync(join(to.volume, target(name))), content);
    }
    await assert.rejects(volumes.copyDirect(from, to, [move('b', 6, 1)]), /b is shorter than it was/);
    await assert.rejects(volumes.copyDirect(from, to, [move('gone', 0, 1)]), /gone is shorter than it was/);
    await assert.rejects(volumes.copyDirect(from, to, [move('b', 9, 1)]), /b is shorter than it was/);
    assert.deepEqual(readdirSync(from.volume, { recursive: true }), untouched);
    assert.equal(existsSync(join(to.volume, '.kassette-busy')), false);
  });

  test('the journal of tables is seen, and goes with staged files and the snapshots named', async () => {
    const automatic = 'data/ks/t-1/snapshots/truncated-1-t';
    put(to, `${automatic}/nb-1-big-Data.db`, 'x');
    put(to, 'kassette/staging/id/a', 'x');
    await volumes.beginTables(to, '{}\n', 'own');
    await volumes.beginTables(to, '{"names": "ä"}\n', 'staged');
    assert.equal((await volumes.survey(to)).tables?.text, '{"names": "ä"}\n');
    assert.deepEqual(readdirSync(join(to.volume, 'data')), ['ks']);
    await volumes.finishTables(to, '{"others": "ä"}\n', []);
    assert.equal((await volumes.survey(to)).tables?.text, '{"others": "ä"}\n');
    assert(existsSync(join(to.volume, automatic)) && !existsSync(join(to.volume, 'kassette/staging')));
    await volumes.finishTables(to, '', [automatic]);
    assert.deepEqual([readdirSync(to.volume), existsSync(join(to.volume, automatic))], [['data'], false]);
    await volumes.finishTables(to, '', []);
  });

  test('a node without a file of the selected tables has nothing to link', async () => {
    await volumes.beginTables(to, '{}\n', 'own');
    await volumes.link(to, 'kassette-20260301T021500Z-1a2b', [], {
      firstGeneration: 1_000_000_000,
      state: 'emptied',
    });
    assert.deepEqual(await volumes.notLoaded(to, [], 1_000_000_000), new Map());
  });
}

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { CRC32S } from '../../../src/adapters/volume-scripts/checksum-scripts.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { DATA, makeNode, onlyWith, TABLE, TAG } from './script-volume.ts';

const CKSUMS = { signal: new AbortController().signal };

// The scripts run by a real sh on a real directory that looks like a volume; no Cassandra is needed for that.
const EMPTIED = { firstGeneration: 1_000_000_010, state: 'emptied' } as const;
const volumes = new VolumeScripts(localShell());
let root: string;
let node: Node;

beforeEach(() => {
  node = makeNode();
  root = node.volume;
});
afterEach(() => rmSync(root, { recursive: true }));
const has = (path: string) => existsSync(join(root, path));
async function backup(): Promise<void> {
  await volumes.write(node, TAG, { schema: "CREATE …; -- $(no) 'shell'\n", manifest: '{"a": 1}\n' });
  await volumes.complete(node, TAG, 'marker\n');
}

/** Where a program is; Python says it itself, because what is found under its name may be a script that picks one. */
function pathOf(program: string): string {
  const [file, ...args] =
    program === 'python3' ? [program, '-c', 'import sys; print(sys.executable)'] : ['which', program];
  return spawnSync(file ?? '', args, { encoding: 'utf8' }).stdout?.trim() ?? '';
}

// A machine without Python can only show the others.
const CHECKSUM_TOOLS = [['python3'], ['gzip', 'tail', 'od'], []].filter((t) => t.every(pathOf));

for (const tools of CHECKSUM_TOOLS) {
  test(`a checksum with ${tools[0] ?? 'no tool'} in the container`, () => {
    const programs = mkdtempSync(join(tmpdir(), 'kassette-programs-'));
    for (const tool of ['sh', 'xargs', ...tools]) symlinkSync(pathOf(tool), join(programs, tool));
    const path = `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db`;
    const { status, stdout, stderr } = spawnSync(join(programs, 'sh'), ['-c', CRC32S, 'sh', root], {
      input: `${path}\0${path}\0`,
      env: { PATH: programs },
      encoding: 'utf8',
    });
    rmSync(programs, { recursive: true });
    if (tools.length > 0) assert.equal(stdout, `${crc32(DATA)}\n${crc32(DATA)}\n`, stderr);
    else assert.deepEqual([status, stderr.split('\n').at(-2)?.slice(0, 13)], [6, 'neither cksum']);
  });
}

test('checksums that do not come are asked for again, and are no fault of a file', async () => {
  const answers = ['', '1\n', '1\n\n', '1\n2\n'];
  const shell = (all: readonly string[]) => {
    const left = [...all];
    return new VolumeScripts({ run: async () => Buffer.from(left.shift() ?? '') });
  };
  assert.deepEqual(await shell(answers).checksums(node, ['a', 'b'], 'crc32'), ['1', '2']);
  await assert.rejects(shell(answers.slice(0, 3)).checksums(node, ['a', 'b'], 'cksum'), {
    code: 'NODE_SHELL',
    message: /of 2 checksums 0 came/,
  });
});

test('a checksum of which the tool was ended is none', () => {
  const programs = mkdtempSync(join(tmpdir(), 'kassette-programs-'));
  for (const tool of ['sh', 'xargs', 'tail', 'od', 'tr']) symlinkSync(pathOf(tool), join(programs, tool));
  writeFileSync(join(programs, 'gzip'), '#!/bin/sh\necho 12345678901234567890\nexit 1\n', { mode: 0o755 });
  const { status, stdout } = spawnSync(join(programs, 'sh'), ['-c', CRC32S, 'sh', root], {
    input: `${TABLE}/snapshots/${TAG}/nb-1-big-Data.db\0`,
    env: { PATH: programs },
    encoding: 'utf8',
  });
  rmSync(programs, { recursive: true });
  assert.deepEqual([status === 0, stdout], [false, '']);
});

test('a shell that says nothing has linked nothing', async () => {
  const silent = new VolumeScripts({ run: async () => Buffer.from('') });
  const links = [['nb-1-big-Data.db', 'nb-1000000010-big-Data.db']] as const;
  await assert.rejects(
    silent.link(node, TAG, [{ directory: TABLE, target: TABLE, links }], EMPTIED),
    /n was asked to link 1 files and answered ``/,
  );
});

test('what Cassandra removes while it is looked at is no failure; what cannot be read is one', async () => {
  const gone = `find: '${TABLE}/snapshots/${TAG}': No such file or directory`;
  const answering = (...lines: readonly string[]) =>
    new VolumeScripts({ run: async () => Buffer.from(lines.map((line) => `      1 ${line}\n`).join('')) });
  const { files } = await answering('changed 1.5', 'end 1', 'file', gone).snapshotProgress(node, TAG);
  assert.equal(files, 1);
  const unreadable = `find: '${TABLE}': Permission denied`;
  await assert.rejects(answering('end 1', 'file', unreadable).snapshotProgress(node, TAG), /ended early/);
  await assert.rejects(answering('file').snapshotProgress(node, TAG), /ended early/);
  await assert.rejects(answering('live 7').liveSize(node), /ended early/);
});

test('a list that could not be read whole is refused, not taken for all there is', async () => {
  const cutting = (script: string) =>
    new VolumeScripts({
      run: async (n, s, args, input) => {
        const output = await localShell().run(n, s, args, input);
        const at = output.lastIndexOf(script);
        return output.subarray(0, at < 0 ? output.length : at);
      },
    });
  await backup();
  for (const last of ['listed', 'end']) await assert.rejects(cutting(last).read(node, TAG), /ended early/);
  await assert.rejects(cutting('summed').read(node, TAG, CKSUMS), /ended early/);
  await assert.rejects(cutting('end').survey(node), /ended early/);
  await assert.rejects(cutting('end').notLoaded(node, [TABLE], 1), /ended early/);
  rmSync(join(root, 'data'), { recursive: true });
  await assert.rejects(volumes.read(node, TAG));
});

for (const [where, tools] of [
  ['', undefined],
  [', with nothing but coreutils', 'sh base64 cat cut dirname head mkdir mv printf rm sleep sync tr wc'],
] as const) {
  test(`a script that changes something waits for one that was cut off and still works${where}`, async (t) => {
    if (tools !== undefined) await onlyWith(t, tools.split(' '));
    const lock = join(root, '.kassette-busy');
    const worked = 'sleep 1; [ -e "$2" ] || : > "$3"; : .kassette-busy; rm "$1"';
    const [written, first] = [join(root, 'kassette', TAG, 'backup.json'), join(root, 'other-was-first')];
    const other = spawn('sh', ['-c', worked, 'other', lock, written, first]);
    writeFileSync(lock, String(other.pid));
    await volumes.write(node, TAG, { schema: 's', manifest: 'm' });
    assert(has('other-was-first') && has(`kassette/${TAG}/backup.json`));
    rmSync(first);
    writeFileSync(lock, '4194304');
    await volumes.complete(node, TAG, 'one whose process is gone keeps nobody waiting');
    assert(!has('.kassette-busy'));
  });
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import { makeNode, put, TABLE, TAG } from './script-volume.ts';

// Data directories as people have them, by the real scripts. Rights mean nothing to root, so those cases run as somebody else.
const SIGNAL = { signal: new AbortController().signal };
const isRoot = process.getuid?.() === 0;
const asUser = spawnSync('setpriv', ['--version']).status === 0;
const needsUser = { skip: isRoot && !asUser ? 'root cannot become somebody else here' : false };
const NOBODY = 65534;
let node: Node;
let outside: string;
const volumes = new VolumeScripts(localShell());
const at = (path: string) => join(node.volume, path);

beforeEach(() => {
  node = makeNode();
  outside = `${node.volume}-outside`;
  mkdirSync(outside);
});
afterEach(() => {
  rmSync(node.volume, { recursive: true });
  rmSync(outside, { recursive: true });
});

/** All calls that make a list of what is in the data directories. */
const lists = (by: VolumeScripts) => ({
  survey: () => by.survey(node),
  read: () => by.read(node, TAG),
  'read with checksums': () => by.read(node, TAG, SIGNAL),
  snapshotProgress: () => by.snapshotProgress(node, TAG),
});

async function assertNamed(message: RegExp, code = 'DATA_DIRECTORY', by = volumes): Promise<void> {
  for (const [name, call] of Object.entries(lists(by))) await assert.rejects(call(), { code, message }, name);
}

/** The scripts as a user who has no rights of root. */
function unprivileged(): VolumeScripts {
  if (!isRoot) return volumes;
  chownSync(node.volume, NOBODY, NOBODY);
  const shell: NodeShell = {
    async run(_, script, args) {
      const user = ['--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'];
      const ran = spawnSync('setpriv', [...user, 'sh', '-c', script, 'kassette', ...args], {
        input: `${1 << 30}\n`,
      });
      if (ran.status === 0) return ran.stdout;
      return localShell().run(node, 'printf %s "$1" >&2; exit 9', [ran.stderr.toString()]);
    },
  };
  return new VolumeScripts(shell);
}

test('several data directories, one of them outside the volume: everything is found, with the room of each', async () => {
  const more = join(outside, 'data');
  put(outside, `data/ks/${TABLE.split('/').at(-1)}/snapshots/${TAG}/nb-2-big-Data.db`, 'more rows');
  node = { ...node, dataDirectories: [...node.dataDirectories, more] };
  const { parts } = await volumes.read(node, TAG, SIGNAL);
  assert.deepEqual(
    parts.map((p) => p.directory),
    [`${more}/ks/${TABLE.split('/').at(-1)}`, TABLE],
  );
  const { space, freeBytes } = await volumes.survey(node);
  assert.deepEqual(
    space.map((s) => s.directory),
    ['data', more],
  );
  assert(freeBytes > 0 && space.every((s) => s.freeBytes > 0));
});

test('a data directory that is a symbolic link is refused by its name, and so is one behind a link', async () => {
  renameSync(at('data'), join(outside, 'data'));
  symlinkSync(join(outside, 'data'), at('data'));
  await assertNamed(/^n: data directory data is or lies behind a symbolic link \(data\)\.$/);
  node = { ...node, dataDirectories: [at('disk/data')] };
  symlinkSync(outside, at('disk'));
  await assertNamed(/^n: data directory disk\/data is or lies behind a symbolic link \(disk\)\.$/);
  rmSync(at('disk'));
  node = { ...node, dataDirectories: [join(outside, 'link')] };
  symlinkSync(join(outside, 'data'), join(outside, 'link'));
  await assertNamed(/ is or lies behind a symbolic link \(.*-outside\/link\)\.$/);
});

test('a data directory that is not there is refused by its name', async () => {
  node = { ...node, dataDirectories: [...node.dataDirectories, at('data2')] };
  await assertNamed(/^n: data directory data2 is not there\.$/);
  await assert.rejects(volumes.liveSize(node), { code: 'DATA_DIRECTORY', message: /data2 is not there/ });
});

test('what the file system keeps in a data directory that is all of it does not matter where it can be read', async () => {
  mkdirSync(at('data/lost+found/#12'), { recursive: true });
  assert.deepEqual((await volumes.survey(node)).bareTables, []);
  assert.equal((await volumes.read(node, TAG)).parts.length, 1);
});

test('a lost+found or a keyspace that only root can read is refused by its name', needsUser, async () => {
  const by = unprivileged();
  for (const name of ['lost+found', 'other']) {
    mkdirSync(at(`data/${name}`));
    chmodSync(at(`data/${name}`), isRoot ? 0o700 : 0o000);
    const message = new RegExp(
      `^n: data directory data has data/${name.replace('+', '\\+')}, which user \\d+ cannot read`,
    );
    await assertNamed(message, 'DATA_DIRECTORY', by);
    chmodSync(at(`data/${name}`), 0o755);
    rmSync(at(`data/${name}`), { recursive: true });
  }
});

test('no list ends silently at a table or snapshot that cannot be read', needsUser, async () => {
  const by = unprivileged();
  for (const path of [TABLE, `${TABLE}/snapshots`]) {
    chmodSync(at(path), isRoot ? 0o700 : 0o000);
    await assertNamed(
      new RegExp(`${path.split('/').slice(2).join('/')}.*Permission denied`),
      'NODE_SHELL',
      by,
    );
    // It does not look into snapshots.
    if (path === TABLE) await assert.rejects(by.liveSize(node), { code: 'NODE_SHELL', message: /denied/ });
    else assert.equal((await by.liveSize(node)).liveBytes, 'live'.length);
    chmodSync(at(path), 0o755);
  }
  assert(existsSync(at(TABLE)));
});

test('directories of tables without an id are reported', async () => {
  put(node.volume, 'data/ks/old/nb-1-big-Data.db', 'rows of a table from before 2.1');
  // Of Cassandra 4.1 and later, and no table.
  put(node.volume, 'data/system/_paxos_repair_state/ballot.meta', 'low bound');
  assert.deepEqual((await volumes.survey(node)).bareTables, ['data/ks/old']);
});

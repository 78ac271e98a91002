import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeSstable } from './cluster/sstables.ts';
import type { World } from './cluster/world.ts';
import { cloneVolumes } from './runs/ends.ts';
import { backedUp, backUp, bringBack, type Command, endBackup, restore } from './runs/history.ts';

// What a restore has linked and no node has loaded becomes rows at the next start: of a backup that nobody restores any more.

const worlds: World[] = [];
const directories: string[] = [];
after(() => {
  for (const world of worlds) world.remove();
  for (const directory of directories) rmSync(directory, { recursive: true });
});

async function succeed<T>(world: World, command: Command<T>): Promise<T> {
  const ending = await world.run(command);
  if (ending.kind === 'failed') throw ending.error;
  assert.ok(ending.kind === 'done', ending.kind);
  return ending.result;
}

/** Kill a command with its last link: what it has linked by then no node has loaded. */
async function killLinking(world: World, command: Command): Promise<void> {
  const undisturbed = world.copy();
  const { calls } = await undisturbed.run(command);
  undisturbed.remove();
  const at = calls.lastIndexOf('volumes link') + 1;
  assert.ok(at > 0, 'nothing was linked');
  assert.equal((await world.run(command, { fault: 'killed after', at })).kind, 'killed');
}

/** Rows of a table on each node, before and after all of them are restarted. */
function rowsOf(world: World, table: string) {
  const now = () => Object.values(world.cluster.rows).map((tables) => tables[`shop.${table}`]);
  const before = now();
  world.cluster.restart();
  return [...before, ...now()];
}

const TABLES = ['stays', 'altered'].map((table) => ({ keyspace: 'shop', table }));
const NONE = [{}, {}, {}, {}];

/** Clones of volumes with a backup that has rows in both tables; in the cluster there are none any more. */
async function emptiedSince(name: string): Promise<World & { readonly suffix: string }> {
  const world = await backedUp({ run: 'r1', hook: true });
  worlds.push(world);
  const suffix = `kassette-${name}-${process.pid}`;
  directories.push(join(tmpdir(), suffix));
  cloneVolumes(world, join(tmpdir(), suffix));
  await succeed(world, endBackup({ run: 'r1', hook: true }));
  for (const { table } of TABLES)
    for (const node of world.cluster.nodes) world.cluster.truncate(node, world.cluster.table('shop', table));
  return Object.assign(world, { suffix });
}

test('a restore of one table is given up, and all of another backup is restored, which has no row of it: none comes later', async () => {
  const world = await emptiedSince('links');
  const { tag } = await succeed(world, backUp());
  await killLinking(world, bringBack({ from: { kind: 'clones', suffixes: [world.suffix] }, names: TABLES }));
  await succeed(world, restore({ tag }));
  assert.deepEqual(rowsOf(world, 'stays'), NONE);
});

test('an SSTable that Cassandra does not know, of a table of which the backup has no row, is moved aside', async () => {
  const world = await emptiedSince('strays');
  const { cluster } = world;
  await succeed(world, backUp());
  for (const node of cluster.nodes) {
    const directory = cluster.at(node).directory(cluster.table('shop', 'stays'));
    writeSstable(directory, 'nb-77-big', [{ key: 'stray', value: 'row', at: cluster.state.nowMs }]);
  }
  await succeed(world, restore());
  assert.match(world.warnings.join('\n'), /moved to kassette\/strays\/.*nb-77-big/);
  assert.deepEqual(rowsOf(world, 'stays'), NONE);
});

test('a node still loads what a restore of one table has linked, which was given up: all of another backup is restored only then', async () => {
  const world = await emptiedSince('loads');
  const { tag } = await succeed(world, backUp());
  const command = bringBack({ from: { kind: 'clones', suffixes: [world.suffix] }, names: TABLES });
  const undisturbed = world.copy();
  const at = (await undisturbed.run(command)).calls.lastIndexOf('control refresh') + 1;
  undisturbed.remove();
  let late = 0;
  // The next run takes the lease after 30 s.
  for (let pauseMs = 30_028; pauseMs < 30_042; pauseMs += 2) {
    const cut = world.copy();
    assert.equal((await cut.run(command, { fault: 'cut', at, pauseMs })).kind, 'killed');
    const before = cut.cluster.state.nowMs;
    await succeed(cut, restore({ tag }));
    if (cut.cluster.state.nowMs > before + pauseMs) late++;
    assert.deepEqual(rowsOf(cut, 'altered'), NONE, `${pauseMs} ms`);
    cut.remove();
  }
  assert.ok(late > 0, 'no load came in the midst of the restore');
});

/** Volumes with a backup that has rows in both tables, with which a restore has begun: nothing of what is linked is loaded. */
async function linkedOnly(command: (tag: string) => Command): Promise<World & { readonly tag: string }> {
  const world = await backedUp({ run: 'r1', hook: true });
  worlds.push(world);
  await killLinking(world, command(world.tag));
  return world;
}

const RESTORES: Readonly<Record<string, (tag: string) => Command>> = {
  'after-restore': (tag) => restore({ tag }),
  'restore-table': (tag) => bringBack({ from: { kind: 'backup', tag }, names: TABLES }),
  'restore-table --mode merge': (tag) =>
    bringBack({ from: { kind: 'backup', tag }, names: TABLES, mode: 'merge' }),
};

for (const [name, command] of Object.entries(RESTORES)) {
  test(`${name} is killed before anything is loaded, and its backup is given up: what was linked does not come at the next start`, async () => {
    const world = await linkedOnly(command);
    const [now] = Object.values(world.cluster.rows);
    await succeed(world, endBackup({ tag: world.tag }));
    assert.match(world.warnings.join('\n'), new RegExp(`${world.tag}.* has begun and not ended`));
    for (const { table } of TABLES) {
      const same = now?.[`shop.${table}`];
      assert.deepEqual(rowsOf(world, table), [same, same, same, same]);
    }
  });

  test(`${name} is killed before anything is loaded, and all nodes are restarted: giving the backup up names them, and removes nothing live`, async () => {
    const world = await linkedOnly(command);
    world.cluster.restart();
    const { rows } = world.cluster;
    await succeed(world, endBackup({ tag: world.tag }));
    assert.match(world.warnings.join('\n'), /n-dc1, n-dc2 were started since/);
    assert.deepEqual(world.cluster.rows, rows);
    world.cluster.restart();
    assert.deepEqual(world.cluster.rows, rows);
  });
}

test('after-restore --keep-extra after one that was abandoned: a table that it keeps gets no row of the other backup', async () => {
  const world = await emptiedSince('kept');
  const { cluster } = world;
  cluster.change('DROP TABLE IF EXISTS "shop"."altered"');
  const { tag } = await succeed(world, backUp());
  const command = bringBack({ from: { kind: 'clones', suffixes: [world.suffix] }, names: TABLES.slice(1) });
  await killLinking(world, command);
  await succeed(world, restore({ tag, keepExtra: true }));
  assert.deepEqual(rowsOf(world, 'altered'), NONE);
});

import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { link, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { mustRun, runProgram } from '../../lab/cli.ts';
import { attach, type EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { startAgent } from '../../lab/cluster/start-agent.ts';
import { define } from '../../lab/dataset/define.ts';
import { connectLab, startLab } from '../../lab/lab.ts';
import { windowResult } from '../../lab/results.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import { ARCHIVE, PROPERTIES_FILE } from '../../src/domain/archive/archiving.ts';
import { SLOW, TEST_SUBNET } from '../tiers.ts';

// What a real Cassandra archives, what of it is kept, and that it is enough to set two nodes back to a second by Cassandra's own replay.
const backupResult = z.looseObject({ tag: z.string(), kept: z.array(z.string()) });
const closedResult = z.looseObject({ kept: z.array(z.string()) });

let directory: string;
let cluster: EmbeddedCluster;
const options = () => ({ directory, subnet: TEST_SUBNET, nodes: 2, archive: true, detached: false });

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kassette-archive-'));
  cluster = await startLab(options());
}, SLOW);
after(async () => {
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
}, SLOW);

const run = <T>(args: readonly string[], result: z.ZodType<T>) =>
  mustRun(directory, args, result).then((r) => r.result);
async function look() {
  const [only] = (await run(['window'], windowResult)).datacenters;
  return only ?? assert.fail('no datacenter');
}
const archived = (i: number) => readdirSync(join(cluster.nodes[i]?.volume ?? '', ARCHIVE));

async function backUp(): Promise<string> {
  const { tag } = await run(['before-backup', '--keep', '2'], backupResult);
  assert.deepEqual((await run(['after-backup'], closedResult)).kept, [tag]);
  return tag;
}

/** So many bytes of mutations on each node, in rows from this one on; answers the next one. */
async function write(from: number, megabytes: number): Promise<number> {
  const client = await connectLab(cluster);
  try {
    await define(client, [
      "CREATE KEYSPACE IF NOT EXISTS shop WITH replication = {'class': 'NetworkTopologyStrategy', 'cass-prd': 2}",
      'CREATE TABLE IF NOT EXISTS shop.t (id int PRIMARY KEY, v text)',
    ]);
    const value = 'x'.repeat(64 * 1024);
    const count = megabytes * 16;
    for (let id = from; id < from + count; id++)
      await client.execute('INSERT INTO shop.t (id, v) VALUES (?, ?)', [id, value], { prepare: true });
    return from + count;
  } finally {
    await client.shutdown();
  }
}

async function rows(): Promise<readonly number[]> {
  const client = await connectLab(cluster);
  try {
    const { rows: found } = await client.execute('SELECT id FROM shop.t', [], { fetchSize: 5000 });
    return found.map((r) => Number(r['id'])).toSorted((a, b) => a - b);
  } finally {
    await client.shutdown();
  }
}

let next = 0;
let first: string;

test(
  'every segment that ends is a hard link in the archive, and the window grows with the log',
  SLOW,
  async () => {
    next = await write(next, 1);
    first = await backUp();
    next = await write(next, 24);
    const { ranges, windows, nodes } = await look();
    assert.equal(ranges.length, 1);
    assert.deepEqual(
      windows.map((w) => w.base),
      [first],
    );
    for (const node of windows[0]?.nodes ?? []) assert.deepEqual([node.gaps, node.restarts], [[], []]);
    for (const [i, node] of nodes.entries()) {
      assert.equal(node.archiving, 'on');
      assert.ok(node.segments >= 4, `${node.segments}`);
      const [volume, names] = [cluster.nodes[i]?.volume ?? '', archived(i)];
      const live = new Set(readdirSync(join(volume, 'commitlog')));
      const shared = names.filter((name) => live.has(name));
      for (const name of shared) {
        const [kept, own] = [ARCHIVE, 'commitlog'].map((d) => statSync(join(volume, d, name)).ino);
        assert.equal(kept, own, 'linked, not copied');
      }
    }
  },
);

test('nodes that are killed and started again leave no gap', SLOW, async () => {
  await cluster.kill();
  cluster = await startLab(options());
  next = await write(next, 8);
  const { windows, nodes } = await look();
  for (const node of windows[0]?.nodes ?? [])
    assert.deepEqual([node.gaps.length, node.restarts.length], [0, 1]);
  assert.deepEqual(
    nodes.map((n) => n.archiving),
    ['on', 'on'],
  );
});

let second: string;
test(
  'a second backup keeps the first and prunes nothing that it needs; a third removes both',
  SLOW,
  async () => {
    const before = [archived(0), archived(1)];
    second = await backUp();
    const { windows } = await look();
    assert.deepEqual(
      windows.map((w) => w.base),
      [first, second],
    );
    for (const w of windows) for (const node of w.nodes) assert.deepEqual(node.gaps, []);
    next = await write(next, 12);
    const third = await run(['before-backup', '--keep', '2'], backupResult);
    assert.deepEqual(third.kept, [second]);
    await run(['after-backup', '--tag', third.tag], z.unknown());
    const left = await look();
    assert.deepEqual(
      left.windows.map((w) => w.base),
      [second],
    );
    for (const node of left.windows[0]?.nodes ?? []) assert.deepEqual(node.gaps, []);
    for (const [i, names] of before.entries())
      assert.ok(
        names.some((name) => !archived(i).includes(name)),
        `nothing was pruned on node ${i}`,
      );
  },
);

test(
  'set back to a second by hand, as the guide says: what was acknowledged before is there, nothing later',
  SLOW,
  async () => {
    next = await write(next, 6);
    // Whole seconds decide.
    await pause(1500);
    const target = new Date(Math.floor(Date.now() / 1000) * 1000);
    await pause(1500);
    const until = next;
    next = await write(next, 10);
    const { ranges } = await look();
    const at = target.toISOString().replace('.000Z', 'Z');
    assert.ok(
      ranges.some((r) => r.from <= at && at <= r.until),
      JSON.stringify([ranges, at]),
    );
    await cluster.kill();
    for (const { name, volume } of cluster.nodes) await setBack(name, volume, target);
    cluster = await bringUpReplaying();
    const found = await rows();
    assert.deepEqual(
      found,
      Array.from({ length: until }, (_, i) => i),
    );
    // The base is given up, not restored once more: that would bring its own moment back.
    await run(['after-backup', '--tag', second], z.unknown());
    const later = await backUp();
    assert.deepEqual(await rows(), found);
    assert.deepEqual(
      (await look()).windows.map((w) => w.base),
      [later],
    );
  },
);

async function setBack(name: string, volume: string, target: Date): Promise<void> {
  const [log, archive] = [join(volume, 'commitlog'), join(volume, ARCHIVE)];
  const linkAll = async (from: string, to: string) => {
    for (const file of await readdir(from))
      if (/^CommitLog-\d+-\d+\.log$/.test(file)) await link(join(from, file), join(to, file)).catch(() => {});
  };
  await linkAll(log, archive);
  const { status, stderr } = await runProgram(['clean-volume', '--path', volume, '--tag', second]);
  assert.equal(status, 0, stderr);
  await linkAll(archive, log);
  const properties = join(nodePlaces(directory, name).configuration, PROPERTIES_FILE);
  const time = target.toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
  writeFileSync(properties, `restore_point_in_time=${time}\n`);
}

/** The nodes on what is there, their properties included, which the launcher would write anew. */
async function bringUpReplaying(): Promise<EmbeddedCluster> {
  const again = attach(directory);
  for (const { name } of again.nodes) startAgent(directory, name, false);
  while (again.processes().some((p) => p.agent === undefined)) await pause(100);
  await again.startNodes(...again.nodes.map((n) => n.name));
  return again;
}

import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KassetteError } from '../../src/domain/errors.ts';
import type { World } from './cluster/world.ts';
import { endOf } from './runs/ends.ts';
import { backedUp, type Command, restore, restoredVolumes, verifyDeep } from './runs/history.ts';
import type { Disturbance } from './runs/process.ts';

// Runs in the volumes are so short here that long files take several of them.
const atOnce = { items: 16, weight: 300 };
/** Both nodes are read at a time, and of each the last run may not have been noted: of two kinds of checksums. */
const LOST = 4;
const HOUR_MS = 3_600_000;

const open = await backedUp();
const restored = await restoredVolumes();
after(() => {
  open.remove();
  restored.remove();
});
const deep = verifyDeep(open.tag, { atOnce });

const readsOf = (calls: readonly string[]) =>
  calls.filter((c) => c === 'volumes checksums' || c === 'volumes rangeChecksums').length;

async function done<T>(world: World, command: Command<T>) {
  const ending = await world.run(command);
  assert.equal(ending.kind, 'done', ending.kind === 'failed' ? String(ending.error) : ending.kind);
  if (ending.kind !== 'done') throw new Error();
  return { result: ending.result, reads: readsOf(ending.calls), calls: ending.calls };
}

/** In a copy of the world, with its own volumes. */
async function inCopy(of: World, work: (world: World) => Promise<void>): Promise<void> {
  const world = of.copy();
  try {
    await work(world);
  } finally {
    world.remove();
  }
}

async function killed(world: World, command: Command, disturbance: Disturbance) {
  const ending = await world.run(command, disturbance);
  assert.equal(ending.kind, 'killed');
  return readsOf(ending.calls);
}

test('verify --deep killed at every call: run again it says the same, and reads only what was left', (t) =>
  inCopy(open, async (undisturbed) => {
    const { result, reads, calls } = await done(undisturbed, deep);
    const { seconds: _, takenOver, ...said } = result;
    assert.equal(takenOver, null);
    assert.ok(calls.includes('volumes rangeChecksums'), 'no file is longer than one run');
    for (let i = 0; i < calls.length; i += 2)
      await inCopy(open, async (world) => {
        const before = endOf(world);
        const first = await killed(world, deep, { fault: 'killed before', at: i + 1 });
        const again = await done(world, deep);
        const { seconds: _s, takenOver: some, ...saidAgain } = again.result;
        assert.deepEqual(saidAgain, said, `call ${i + 1}`);
        // Where all is read already it may be killed between the nodes whose notes it removes.
        const isBounded = first === reads || first + again.reads <= reads + LOST;
        assert.ok(isBounded, `call ${i + 1}: ${first} and ${again.reads} reads`);
        assert.equal(some !== null, again.reads < reads, `call ${i + 1}`);
        assert.deepEqual(endOf(world), before);
      });
    t.diagnostic(`${Math.ceil(calls.length / 2)} points, ${reads} runs in the volumes`);
  }));

/** A run of which about half of the reading was done. */
async function halfRead(world: World, command: Command = deep): Promise<void> {
  const calls = await inCopyOf(world, command);
  const reads = calls.flatMap((c, i) => (readsOf([c]) > 0 ? [i] : []));
  await killed(world, command, {
    fault: 'killed before',
    at: (reads[Math.floor(reads.length / 2)] ?? 0) + 1,
  });
}

async function inCopyOf(of: World, command: Command): Promise<readonly string[]> {
  let calls: readonly string[] = [];
  await inCopy(of, async (world) => {
    ({ calls } = await world.run(command));
  });
  return calls;
}

test('one that came to its end is not continued', () =>
  inCopy(open, async (world) => {
    const { reads } = await done(world, deep);
    await halfRead(world);
    assert.ok((await done(world, deep)).reads < reads);
    assert.equal((await done(world, deep)).reads, reads);
  }));

test('how much was read before, since when, is part of the result', () =>
  inCopy(open, async (world) => {
    const since = world.schedule.now;
    await halfRead(world);
    const until = world.schedule.now;
    const { takenOver } = (await done(world, deep)).result;
    assert.ok(takenOver !== null && takenOver.files > 0 && takenOver.bytes > 0);
    assert.ok(Date.parse(takenOver.since) >= since && Date.parse(takenOver.since) < until);
    const said = world.warnings.filter((w) => w.includes('are not read again'));
    assert.equal(said.length, world.cluster.nodes.length);
    assert.match(said[0] ?? '', /[\d.]+ \w+ in \d+ files were read since .*Z by a run that was interrupted/);
  }));

/** Change a byte of the first file that is read on each node. */
function damageFirst({ cluster }: World): void {
  for (const { volume } of cluster.nodes) {
    const [first] = globSync(`data/*/*/snapshots/${open.tag}/*-Data.db`, { cwd: volume }).toSorted();
    const path = join(volume, first ?? '');
    const content = readFileSync(path);
    content.writeUInt8((content[0] ?? 0) ^ 1, 0);
    writeFileSync(path, content);
  }
}

const isDamaged = (error: unknown) => error instanceof KassetteError && error.code === 'FILES_DAMAGED';

test('after a day nothing is taken over: what has rotted since is found', () =>
  inCopy(open, async (world) => {
    await halfRead(world);
    damageFirst(world);
    world.cluster.state.nowMs += 24 * HOUR_MS + 1;
    const ending = await world.run(deep);
    assert.ok(ending.kind === 'failed' && isDamaged(ending.error));
  }));

test('damage that an interrupted run has read is found by the next one, and by the one after that', () =>
  inCopy(open, async (world) => {
    damageFirst(world);
    const calls = await inCopyOf(world, deep);
    const last = calls.findLastIndex((c) => readsOf([c]) > 0);
    await killed(world, deep, { fault: 'killed before', at: last + 1 });
    for (const _ of [1, 2]) {
      const ending = await world.run(deep);
      assert.ok(ending.kind === 'failed' && isDamaged(ending.error));
    }
    assert.ok(!world.warnings.some((w) => w.includes('are not read again')));
  }));

test('a copy of the volumes is read from the beginning, and so it is for a restore', async () => {
  await inCopy(open, async (world) => {
    const { reads } = await done(world, deep);
    await halfRead(world);
    await inCopy(world, async (copy) => assert.equal((await done(copy, deep)).reads, reads));
  });
  await inCopy(restored, async (world) => {
    await halfRead(world, verifyDeep(restored.tag, { atOnce }));
    const { calls } = await done(world, restore({ verify: 'full', atOnce }));
    await inCopy(restored, async (other) => {
      assert.equal(readsOf(calls), (await done(other, restore({ verify: 'full', atOnce }))).reads);
    });
  });
});

test('after-restore --verify full, killed at every call: run again it comes to the same end, and reads only what was left', (t) =>
  inCopy(restored, async (undisturbed) => {
    const command = restore({ verify: 'full', atOnce });
    const { reads, calls } = await done(undisturbed, command);
    const end = endOf(undisturbed);
    // What comes behind the reading is another test's; that it is not done again holds at each.
    const points = calls.flatMap((c, i) => (i % (readsOf([c]) > 0 ? 4 : 20) === 0 ? [i + 1] : []));
    for (const at of points)
      await inCopy(restored, async (world) => {
        const first = await killed(world, command, { fault: 'killed before', at });
        const again = await done(world, command);
        assert.ok(first + again.reads <= reads + LOST, `call ${at}: ${first} and ${again.reads} reads`);
        assert.deepEqual(endOf(world), end);
      });
    t.diagnostic(`${points.length} points, ${reads} runs in the volumes`);
  }));

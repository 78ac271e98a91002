import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ARCHIVE } from '../../../src/domain/archive/archiving.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import { HOME, JOURNAL } from '../../../src/domain/rewind/journal.ts';
import type { RewindOptions } from '../../../src/engine/rewind/options.ts';
import { rewind } from '../../../src/engine/verbs/point-in-time/rewind.ts';
import { inTestAll } from '../../tiers.ts';
import { segment } from '../../unit/domain/rewind/segment.ts';
import { World } from '../cluster/world.ts';
import { simulatedRewinding } from '../ports/rewinding.ts';
import { backUp, type Command, endBackup, livingCluster, restoreCold } from '../runs/history.ts';
import type { Fault } from '../runs/process.ts';

/** The simulated Cassandra has a log of its own, with id 1. */
const FIRST = 100;

function segmentsUntil(world: World, last: number): void {
  for (const { volume } of world.cluster.nodes)
    for (const [directory, from, to] of [
      [ARCHIVE, FIRST, last],
      ['commitlog', last + 1, last + 2],
    ] as const) {
      mkdirSync(join(volume, directory), { recursive: true });
      for (let id = from; id <= to; id++)
        writeFileSync(join(volume, directory, `CommitLog-8-${id}.log`), segment(BigInt(id), [[40]]));
    }
}

async function done(world: World, command: Command): Promise<void> {
  const ending = await world.run(command);
  assert.equal(ending.kind, 'done', ending.kind === 'failed' ? String(ending.error) : ending.kind);
}

/** One datacenter whose nodes archive their log, with a kept backup, and what was written since. */
async function archivingCluster(): Promise<World> {
  const world = livingCluster(World.make({ dc1: 2 }));
  segmentsUntil(world, FIRST + 2);
  for (const command of [backUp({ keep: 2 }), endBackup()]) await done(world, command);
  world.cluster.state.nowMs += 60_000;
  world.cluster.write('shop', 'stays', 'b', 'spoilt');
  world.cluster.state.nowMs += 60_000;
  return world;
}

const world = await archivingCluster();
after(() => world.remove());
const to = new Date(world.cluster.state.nowMs - 90_000).toISOString().replace(/\.\d+/, '');

const setBack =
  (given: Partial<RewindOptions>, at: World): Command =>
  (ports, process) =>
    rewind(
      { ...ports, rewinding: simulatedRewinding(at, process) },
      {
        ...{ datacenters: [], timeoutMs: 120_000, concurrency: 8, signal: process.signal },
        ...{ undo: false, accept: false, dryRun: false, reserveBytes: 0, ...given },
      },
    );

const codeOf = (error: unknown) => (error instanceof KassetteError ? error.code : String(error));
const isStopped = ({ cluster }: World) => Object.keys(cluster.state.stopped).length > 0;
const leftIn = ({ cluster }: World) =>
  cluster.nodes.flatMap((n) => [JOURNAL, HOME].filter((path) => cluster.hasFile(n, path)));

const { calls, rewound } = await (async () => {
  const whole = world.copy();
  const ending = await whole.run(setBack({ to }, whole));
  assert.equal(ending.kind, 'done', ending.kind === 'failed' ? String(ending.error) : ending.kind);
  assert.deepEqual(Object.values(whole.cluster.rows)[0]?.['shop.stays'], { a: 'stays a, old', b: 'stays b' });
  const { rows } = whole.cluster;
  whole.remove();
  return { calls: ending.calls, rewound: rows };
})();

/** Where what stands in the volumes, or is asked of the nodes, becomes something else. */
const TURNS = /^(offline (writeJournal|guard)|recovery (stop|start))$/;

/** A rewind that comes to an end that nobody wanted, at each of these calls; of all tests, at every call. */
async function atCalls(fault: Fault, work: (ended: World, at: string) => Promise<void>): Promise<void> {
  for (const [i, call] of calls.entries()) {
    if (call.startsWith('lease') || !(inTestAll || TURNS.test(call))) continue;
    const copy = world.copy();
    try {
      await copy.run(setBack({ to }, copy), { fault, at: i + 1 });
      await work(copy, `${fault} at call ${i + 1} (${call})`);
    } finally {
      copy.remove();
    }
  }
}

const before = world.cluster.rows;

for (const fault of ['killed after', 'fail'] as const) {
  test(`a rewind, ${fault} at every call, is continued by the same command`, async () => {
    await atCalls(fault, async (ended, at) => {
      const again = await ended.run(setBack({ to }, ended));
      assert.equal(again.kind, 'done', `${at}: ${again.kind === 'failed' ? again.error : again.kind}`);
      assert.equal(isStopped(ended), false, at);
      assert.deepEqual(ended.cluster.rows, rewound, at);
    });
  });

  test(`a rewind, ${fault} at every call, is undone: all is as it was before, and runs`, async () => {
    await atCalls(fault, async (ended, at) => {
      const undone = await ended.run(setBack({ undo: true }, ended));
      if (undone.kind === 'failed') assert.equal(codeOf(undone.error), 'USAGE', `${at}: ${undone.error}`);
      else assert.equal(undone.kind, 'done', at);
      assert.equal(isStopped(ended), false, at);
      assert.deepEqual(ended.cluster.rows, before, at);
      assert.deepEqual(leftIn(ended), [], at);
    });
  });
}

test('backups that are made before it is decided remove no base, and are none after an undo', async () => {
  const copy = world.copy();
  const kept = () =>
    copy.cluster.nodes.map(({ volume }) =>
      readdirSync(join(volume, 'kassette')).filter((tag) =>
        existsSync(join(volume, 'kassette', tag, 'complete')),
      ),
    );
  const bases = kept();
  await done(copy, setBack({ to }, copy));
  segmentsUntil(copy, FIRST);
  await done(copy, backUp());
  assert.deepEqual(
    kept().map((tags) => tags.length),
    [2, 2],
  );
  assert.match(copy.warnings.join(), /rewind --accept` or `kassette rewind --undo/);
  for (const command of [endBackup(), setBack({ undo: true }, copy)]) await done(copy, command);
  assert.deepEqual(kept(), bases);
  await done(copy, setBack({ to, dryRun: true }, copy));
  copy.remove();
});

test('of a rewind that is killed at any call no cold restore takes what it has stopped', async () => {
  await atCalls('killed after', async (ended, at) => {
    if (!isStopped(ended)) return;
    const cold = await ended.run(restoreCold());
    assert.equal(cold.kind === 'failed' && codeOf(cold.error), 'REWIND_PENDING', at);
    assert.equal((await ended.run(setBack({ undo: true }, ended))).kind, 'done', at);
    assert.deepEqual(ended.cluster.rows, before, at);
  });
});

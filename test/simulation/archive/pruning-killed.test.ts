import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ARCHIVE } from '../../../src/domain/archive/archiving.ts';
import { baseIn } from '../../../src/domain/archive/base.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { allTest } from '../../tiers.ts';
import type { World } from '../cluster/world.ts';
import { backUp, endBackup, livingCluster } from '../runs/history.ts';
import { atEveryCall, defineFor } from '../runs/points.ts';
import { FAULTS } from '../runs/process.ts';

/** Segments that have ended in all. */
const SEGMENTS = 10;
/** The simulated Cassandra has one of its own, 1. */
const FIRST = 100;
const nameOf = (id: number) => `CommitLog-7-${id}.log`;

/** Two backups that are kept as bases of an archived log, with segments from before, between and after them. */
async function archivingCluster(): Promise<World> {
  const world = livingCluster();
  let id = FIRST;
  const end = (count: number) => {
    for (let i = 0; i < count; i++) {
      id++;
      // The one that is written then, and the one that is made in advance.
      const files = [
        `${ARCHIVE}/${nameOf(id)}`,
        `commitlog/${nameOf(id + 1)}`,
        `commitlog/${nameOf(id + 2)}`,
      ];
      for (const node of world.cluster.nodes)
        for (const file of files) world.cluster.putFile(node, file, 'mutations');
    }
  };
  for (let n = 0; n < 2; n++) {
    end(3);
    for (const command of [backUp({ keep: 3 }), endBackup()])
      assert.equal((await world.run(command)).kind, 'done');
    end(2);
    // Backups are ordered by their seconds.
    assert.equal((await world.run((ports) => ports.clock.sleep(2000))).kind, 'done');
  }
  assert.equal(id, FIRST + SEGMENTS);
  return world;
}

/** Ids from which on the kept backups of a node need the log. */
function firstsOn({ cluster }: World, node: Node): readonly number[] {
  return readdirSync(join(node.volume, 'kassette')).flatMap((tag) => {
    const marker = `kassette/${tag}/complete`;
    if (!cluster.hasFile(node, `kassette/${tag}/closed`) || !cluster.hasFile(node, marker)) return [];
    return Number(baseIn(cluster.readFile(node, marker))?.first ?? []);
  });
}

/** As long as a backup is kept, the archive has what it needs. */
const nothingIsMissing = (world: World) => () => {
  for (const node of world.cluster.nodes) {
    const first = Math.min(...firstsOn(world, node));
    for (let id = first; id <= FIRST + SEGMENTS; id++)
      if (!world.cluster.hasFile(node, `${ARCHIVE}/${nameOf(id)}`))
        return `segment ${id} is gone on ${node.name}, which is needed from ${first} on`;
  }
  return null;
};

const world = await archivingCluster();
after(() => world.remove());

test('the bases need what has ended since they were made, and what one alone needs goes with it', async () => {
  for (const node of world.cluster.nodes) assert.deepEqual(firstsOn(world, node), [104, 109]);
  const left = async (keep: number) => {
    const copy = world.copy();
    try {
      assert.equal((await copy.run(backUp({ keep }))).kind, 'done');
      return copy.cluster.nodes.map((n) => readdirSync(join(n.volume, ARCHIVE)).length);
    } finally {
      copy.remove();
    }
  };
  // The last one that nobody needs stays.
  assert.deepEqual(await left(3), [8, 8]);
  assert.deepEqual(await left(2), [3, 3]);
  assert.deepEqual(await left(1), [1, 1]);
});

for (const keep of [1, 2]) {
  for (const fault of FAULTS) {
    // To keep one and to keep two differ in what stays alone.
    (keep === 2 ? defineFor(false, fault) : allTest)(
      `before-backup that keeps ${keep}, ${fault} at every call: no kept backup lacks a segment, and run again it ends the same`,
      (t) =>
        atEveryCall(t, fault, {
          world,
          command: backUp({ run: 'r1', hook: true, keep }),
          invariant: nothingIsMissing,
        }),
    );
  }
}

const open = await archivingCluster();
assert.equal((await open.run(backUp({ run: 'r1', hook: true, keep: 2 }))).kind, 'done');
after(() => open.remove());

for (const fault of FAULTS.filter((f) => f !== 'halfway' && f !== 'cut')) {
  defineFor(false, fault)(
    `after-backup that keeps what it closes, ${fault} at every call: run again it is kept`,
    (t) =>
      atEveryCall(t, fault, {
        world: open,
        command: endBackup({ run: 'r1', hook: true }),
        invariant: nothingIsMissing,
      }),
  );
}

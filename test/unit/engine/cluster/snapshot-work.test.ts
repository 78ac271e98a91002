import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import type { KassetteError } from '../../../../src/domain/errors.ts';
import { awaitEnd, awaitWhole, removeSnapshots } from '../../../../src/engine/cluster/snapshot-work.ts';
import type { CqlSession } from '../../../../src/ports/cql.ts';
import type { NodeControl, Outcome } from '../../../../src/ports/node-control.ts';
import type { SnapshotProgress, Volumes } from '../../../../src/ports/volumes.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const TAG = 'kassette-20260301T021500Z-1a2b';
const IDS = ['11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222'];
const NODE = { name: 'n1' } as Node;
const STARTED_AT = 1000;

/** A node that makes or removes its snapshot by itself; what it shows depends on the seconds that have gone by. */
function nodeWith(show: (seconds: number) => Partial<SnapshotProgress> & { readonly flushing?: boolean }) {
  const clock = fakeClock();
  const done: string[] = [];
  const now = () => ({
    ...{ files: 1, whole: new Set<string>(), changedAt: STARTED_AT + 1, flushing: false },
    ...show(clock.seconds()),
  });
  const clears: Outcome[] = [];
  const note = (what: string) => void done.push(`${what} at ${Math.floor(clock.seconds())} s`);
  const ports = {
    clock,
    volumes: {
      snapshotProgress: async () => now(),
      invalidate: async () => note('invalidate'),
      remove: async () => note('remove'),
    } as unknown as Volumes,
    control: {
      clearSnapshot: async () => {
        note('clear');
        return clears.shift() ?? 'done';
      },
    } as unknown as NodeControl,
  };
  const session = {
    tableIds: async () => new Map(IDS.map((id, i) => [`ks.t${i}`, id])),
    isFlushing: async () => now().flushing,
    gossipGeneration: async () => STARTED_AT,
  } as unknown as CqlSession;
  return { ports, session, done, clears, clock };
}

const whole = (n: number) => new Set(IDS.slice(0, n).map((id) => id.replaceAll('-', '')));
const SIGNAL = { signal: new AbortController().signal };

test('a snapshot that the node makes by itself is whole when every table of the schema has its end mark', async () => {
  const { ports, session, clock } = nodeWith((s) => ({ files: s, whole: whole(s < 300 ? 1 : 2) }));
  await awaitWhole(ports, session, NODE, TAG, SIGNAL);
  assert.ok(clock.seconds() >= 300);
});

test('a flush between two tables is no end', async () => {
  const { ports, session, clock } = nodeWith((s) => ({ flushing: s < 200, whole: whole(s < 220 ? 1 : 2) }));
  await awaitWhole(ports, session, NODE, TAG, SIGNAL);
  assert.ok(clock.seconds() >= 220);
});

test('one that stops before its end is said to have', async () => {
  const { ports, session } = nodeWith(() => ({ whole: whole(1) }));
  await assert.rejects(awaitWhole(ports, session, NODE, TAG, SIGNAL), {
    code: 'NODE_OPERATION',
    message: `n1: snapshot ${TAG} stopped before its end: nothing was added to it for 60 s.`,
  });
});

test('nothing is removed under a snapshot that is still being made: marker, its end, Cassandra, then the files', async () => {
  const { ports, session, done } = nodeWith((s) => ({ files: 1 + s, whole: whole(s < 90 ? 1 : 2) }));
  await removeSnapshots(ports, session, { node: NODE, tags: [TAG], ended: () => false }, {});
  assert.match(done.join(', '), /^invalidate at 0 s, clear at 9\d s, remove at 9\d s$/);
});

test('one that is known to have ended is not waited for', async () => {
  const { ports, session, done } = nodeWith((s) => ({ files: s, whole: whole(1) }));
  await removeSnapshots(ports, session, { node: NODE, tags: [TAG], ended: () => true }, {});
  assert.deepEqual(done, ['invalidate at 0 s', 'clear at 0 s', 'remove at 0 s']);
});

test('one of which nothing is made for a minute is over', async () => {
  const dead = nodeWith(() => ({ whole: whole(1) }));
  await awaitEnd(dead.ports, dead.session, NODE, TAG, {});
  assert.ok(dead.clock.seconds() >= 60);
});

test('a clock that was set back does not make a snapshot that is being made older than its Cassandra', async () => {
  const { ports, session, clock } = nodeWith((s) => ({
    ...{ files: 1 + s, changedAt: STARTED_AT - 3600 + s },
    whole: whole(s < 90 ? 1 : 2),
  }));
  await awaitEnd(ports, session, NODE, TAG, {});
  assert.ok(clock.seconds() >= 90);
});

test('one that was asked for a moment ago may only be about to begin', async () => {
  const { ports, session, clock } = nodeWith((s) => ({ files: s < 5 ? 0 : s, whole: whole(s < 50 ? 0 : 2) }));
  await awaitEnd(ports, session, NODE, TAG, {});
  assert.ok(clock.seconds() >= 50);
  const never = nodeWith(() => ({ files: 0, changedAt: 0 }));
  await awaitEnd(never.ports, never.session, NODE, TAG, {});
  assert.ok(never.clock.seconds() >= 10 && never.clock.seconds() < 20);
});

test('whoever may not wait for ever removes nothing and says so', async () => {
  const { ports, session, done } = nodeWith((s) => ({ files: 1 + s, whole: whole(1) }));
  const removable = { node: NODE, tags: [TAG], ended: () => false };
  await assert.rejects(
    removeSnapshots(ports, session, removable, { limitMs: 30_000 }),
    (e: KassetteError) => {
      assert.equal(e.code, 'TIMEOUT');
      assert.match(e.message, /still taking snapshot/);
      return true;
    },
  );
  assert.deepEqual(done, ['invalidate at 0 s']);
});

test('files go only when Cassandra has ended its own removal', async () => {
  const { ports, session, done, clears } = nodeWith((s) => ({ files: s < 40 ? 100 - s : 0 }));
  clears.push('underway');
  await removeSnapshots(ports, session, { node: NODE, tags: [TAG], ended: () => true }, {});
  assert.match(done.join(', '), /^invalidate at 0 s, clear at 0 s, clear at 4\d s, remove at 4\d s$/);
});

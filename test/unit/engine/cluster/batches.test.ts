import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitBatches, batchesReplayed } from '../../../../src/engine/cluster/batches.ts';
import { healthyClusters } from '../../../../src/engine/cluster/clusters.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { OPTIONS, RestorableCluster } from '../../support/restorable-cluster.ts';

/** A cluster whose first node answers these batches, one entry after the other, the last again and again. */
async function answering(...answers: readonly (readonly string[])[]) {
  const simulated = new RestorableCluster();
  const [cluster] = await healthyClusters(simulated.ports, OPTIONS);
  assert.ok(cluster !== undefined);
  const session = await simulated.ports.cql.open(cluster.datacenters);
  let asked = 0;
  const clock = fakeClock();
  const batches = async ({ name }: { name: string }, newest = '~') => {
    const ids = name === 'n-dc1' ? (answers[Math.min(asked++, answers.length - 1)] ?? []) : [];
    const known = ids.filter((id) => id <= newest);
    return { count: known.length, newest: known.at(-1) ?? '' };
  };
  const connected = { cluster, session: { ...session, batches } };
  return { ports: { ...simulated.ports, clock }, connected, seconds: clock.seconds, asked: () => asked };
}

test('where none waits, the nodes are asked once', async () => {
  const { ports, connected, asked } = await answering([]);
  assert.deepEqual(await batchesReplayed(ports, connected, OPTIONS), { waited: false, left: [] });
  assert.equal(asked(), 1);
});

test('those that were there are waited for, and what they leave, but not those of clients that go on', async () => {
  const { ports, connected, seconds } = await answering(
    ['a', 'b'],
    ['b', 'c'],
    ['d'],
    ['of a view'],
    ['of a view', 'p'],
    ['q'],
  );
  const patient = { ...OPTIONS, timeoutMs: 60_000 };
  assert.deepEqual(await batchesReplayed(ports, connected, patient), { waited: true, left: [] });
  assert.equal(seconds(), 0.3);
});

test('one that stays is told after the time limit, and nothing is emptied', async () => {
  const { ports, connected, seconds } = await answering(['a']);
  await assert.rejects(awaitBatches(ports, connected, { ...OPTIONS, timeoutMs: 5000 }), {
    code: 'TIMEOUT',
    message: /\(1 on n-dc1\)/,
  });
  assert.ok(seconds() >= 5 && seconds() < 6);
});

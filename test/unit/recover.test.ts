import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterRestore } from '../../src/commands/after-restore/after-restore.ts';
import { recover } from '../../src/commands/recover/recover.ts';
import { checkAllCovered } from '../../src/domain/cold-cover.ts';
import { FakeCluster, OPTIONS, outcomeOf, TAG } from './fake-cluster.ts';

// What a cold restore decides; that it restores is for the tests with Cassandra.

test('all datacenters of a cluster are stopped, restored and started, and the backup then goes', async () => {
  const c = new FakeCluster();
  const { clusters } = await recover(c.ports, OPTIONS);
  assert.deepEqual([clusters[0]?.outcome, clusters[0]?.tag], ['unchanged', TAG]);
  assert.deepEqual(c.done, [
    ...['stop dc1', 'stop dc2', 'clean n-dc1', 'clean n-dc2', 'start dc1', 'start dc2'],
    ...['finish n-dc1', 'finish n-dc2'],
  ]);
});

test('one datacenter of two is refused before it is stopped', async () => {
  const c = new FakeCluster();
  const options = { ...OPTIONS, datacenters: ['dc1'], method: 'cold' as const };
  assert.equal(await outcomeOf(recover(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.equal(await outcomeOf(afterRestore(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, []);
});

test('one whose other one is not known here is started again, with no volume changed', async () => {
  const c = new FakeCluster();
  const ports = { ...c.ports };
  const datacenters = { ...ports.datacenters, find: async () => [c.datacenter('dc1')] };
  assert.equal(await outcomeOf(recover({ ...ports, datacenters }, OPTIONS)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, ['stop dc1', 'start dc1']);
});

test('what makes a backup whole is told by cluster and node', () => {
  const backup = { cluster: 'c', tag: TAG, nodes: ['a', 'b'] };
  const covering =
    (...nodes: readonly [string | null, string | null][]) =>
    () =>
      checkAllCovered(
        [backup],
        nodes.map(([cluster, node]) => ({ cluster, node })),
      );
  assert.doesNotThrow(covering(['c', 'a'], ['c', 'b']));
  assert.doesNotThrow(covering(['c', 'a'], [null, 'b']));
  for (const short of [
    covering(['c', 'a']),
    covering(['c', 'a'], ['other', 'b']),
    covering(['c', 'a'], ['c', null]),
  ]) {
    assert.throws(short, { code: 'PARTIAL_CLUSTER' });
  }
});

test('a datacenter that was restored cold is not done with while the other one is not looked at', async () => {
  const c = new FakeCluster();
  c.restoreCold('n-dc1');
  const options = { ...OPTIONS, datacenters: ['dc1'] };
  assert.equal(await outcomeOf(afterRestore(c.ports, options)), 'PARTIAL_CLUSTER');
  assert.deepEqual(c.done, []);
});

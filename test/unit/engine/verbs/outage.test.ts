import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stoppedTransports } from '../../../../src/domain/cluster/stopped-transports.ts';
import type { Datacenter } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../src/engine/verbs/before-backup.ts';
import { beforeRestore } from '../../../../src/engine/verbs/before-restore.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { hostIdOf } from '../../../host-id.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { OPTIONS, RestorableCluster } from '../../support/restorable-cluster.ts';

// After a disk failure Cassandra stops serving clients and other nodes; its pod stays ready, and the management API answers.

const at = (level: string, text: string) =>
  `${level} [PerDiskMemtableFlushWriter_0:1] 2026-03-01 02:15:00,000 X.java:1 - ${text}`;
const START = at('INFO ', 'Configuration location: file:/config/cassandra.yaml');
const CAUSE =
  'org.apache.cassandra.io.FSWriteError: java.nio.file.NoSuchFileException: /var/lib/cassandra/data/x';
const POLICY = at('ERROR', 'Stopping transports as disk_failure_policy is stop');
const STOPPED = [
  at('ERROR', 'Exception in thread Thread[MigrationStage:1]'),
  CAUSE,
  '\tat org.apache.cassandra.io.util.PathUtils.createHardLink(PathUtils.java:1)',
  '\tat java.base/sun.nio.fs.UnixException.rethrowAsIOException(UnixException.java:111)',
  POLICY,
  at('ERROR', 'Stopping native transport'),
  at('INFO ', 'Stop listening for CQL clients'),
  at('ERROR', 'Stopping gossiper'),
].join('\n');

test('a log says that the transports were stopped, by which policy and after what', () => {
  const found = { evidence: POLICY, cause: CAUSE };
  assert.deepEqual(stoppedTransports(STOPPED), found, 'where the start is too long ago to be in its end');
  assert.deepEqual(stoppedTransports(`${START}\n${STOPPED}\n${at('INFO ', 'Compacted')}`), found);
  // commit_failure_policy says no more than this.
  const gossiper = at('ERROR', 'Stopping gossiper');
  assert.deepEqual(stoppedTransports(gossiper), { evidence: gossiper, cause: null });
});

test('nothing is said of a node that was started since, or whose transports somebody switched', () => {
  assert.equal(stoppedTransports(''), null);
  assert.equal(stoppedTransports(`${STOPPED}\n${START}`), null);
  assert.equal(stoppedTransports(`${STOPPED}\n${at('WARN ', 'Starting gossip by operator request')}`), null);
  assert.equal(stoppedTransports(at('WARN ', 'Stopping gossip by operator request')), null);
});

/** A cluster of which one node has stopped its transports: its own ring calls it shut down, its readiness stays. */
function withStopped(change: (d: Datacenter) => Datacenter = (d) => d, log = `${START}\n${STOPPED}`): Ports {
  const { ports } = new RestorableCluster();
  return {
    ...ports,
    clock: fakeClock(),
    datacenters: {
      ...ports.datacenters,
      find: async (names) =>
        (await ports.datacenters.find(names)).map((d) => change({ ...d, namespace: 'cassandra' })),
    },
    control: {
      ...ports.control,
      endpoints: async (node) =>
        (await ports.control.endpoints(node)).map((m) =>
          m.hostId === hostIdOf('n-dc2') ? { ...m, status: 'shutdown' } : m,
        ),
    },
    recovery: { ...ports.recovery, log: async ({ name }) => (name === 'n-dc2' ? log : '') },
  };
}

for (const [name, run] of [
  ['before-backup', beforeBackup],
  ['after-restore', afterRestore],
] as const) {
  test(`${name} says at once what has happened, and how the node is brought back`, async () => {
    const ports = withStopped();
    await assert.rejects(run(ports, { ...OPTIONS, timeoutMs: 900_000 }), (error: unknown) => {
      assert.ok(error instanceof KassetteError);
      assert.equal(error.code, 'NODE_DOWN');
      assert.match(
        error.message,
        /^n-dc2: Cassandra runs, but has stopped serving clients and other nodes: `ERROR/,
      );
      assert.match(error.message, /disk_failure_policy is stop` after `org.apache.cassandra.io.FSWriteError/);
      assert.match(error.hint, /one at a time: `kubectl delete pod n-dc2 --namespace cassandra`/);
      return true;
    });
    assert.equal(ports.clock.now().getTime(), 0);
  });
}

test('of datacenters in several namespaces the node is brought back in its own', async () => {
  const inSeveral = withStopped((d) => ({ ...d, namespace: d.name === 'dc2' ? 'b' : 'a' }));
  await assert.rejects(afterRestore(inSeveral, { ...OPTIONS, timeoutMs: 900_000 }), {
    hint: /`kubectl delete pod n-dc2 --namespace b`/,
  });
});

test('before-restore finds it, too', async () => {
  const { findings } = await beforeRestore(withStopped(), { ...OPTIONS, otherNamespaces: [] });
  assert.deepEqual(
    findings.map((f) => [f.ok, f.code]),
    [[false, 'NODE_DOWN']],
  );
  assert.match(findings[0]?.message ?? '', /has stopped serving clients/);
});

test('where its pod is going already, or the log says nothing, the node is waited for', async () => {
  const pod = { name: 'n-dc2', id: '1', steps: 4, ready: false, coming: true };
  const going = withStopped((d) => (d.name === 'dc2' ? { ...d, pods: [pod] } : d));
  for (const ports of [going, withStopped((d) => d, START)]) {
    const refused = { code: 'NODE_DOWN', message: /^Node n-dc2 is UP and shutdown/ };
    await assert.rejects(afterRestore(ports, { ...OPTIONS, timeoutMs: 120_000 }), refused);
    assert.equal(ports.clock.now().getTime(), 120_000);
  }
});

test('a node that does not start makes a backup fail after a minute, with why', async () => {
  const { ports } = new RestorableCluster();
  const broken = `${START}\nERROR CorruptSSTableException: /data/a-Statistics.db`;
  const starting = { name: 'n-dc2', id: '1', steps: 3, ready: false, coming: true };
  const failing: Ports = {
    ...ports,
    clock: fakeClock(),
    datacenters: {
      ...ports.datacenters,
      find: async (names) =>
        (await ports.datacenters.find(names)).map((d) => (d.name === 'dc2' ? { ...d, pods: [starting] } : d)),
    },
    control: { ...ports.control, isReady: async ({ name }) => name === 'n-dc1' },
    recovery: { ...ports.recovery, log: async () => broken },
  };
  await assert.rejects(beforeBackup(failing, { ...OPTIONS, timeoutMs: 900_000 }), {
    code: 'NODE_DOWN',
    message: /n-dc2 does not serve CQL.* n-dc2: Cassandra ended because of a corrupt SSTable/,
  });
  assert.equal(failing.clock.now().getTime(), 60_000);
});

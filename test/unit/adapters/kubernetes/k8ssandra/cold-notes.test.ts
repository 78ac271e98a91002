import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { cassandraAddresses } from '../../../../../src/adapters/kubernetes/datacenters/claims.ts';
import { declaredIn } from '../../../../../src/adapters/kubernetes/k8ssandra/spec.ts';
import type { Datacenter } from '../../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { Bed } from '../../../support/k8ssandra-bed.ts';
import { adaptersFor, connectionTo } from '../../../support/object-connection.ts';

// A cold restore of datacenters that an object above may overwrite at any moment, on the test bed's controller.

const CLEAN = {
  ...{ tag: undefined, keepDisplaced: false, verify: 'quick', elsewhere: 'refuse', again: false },
  ...{ dryRun: false, listed: false, signal: new AbortController().signal },
} as never;
const fine = async () => {};

async function restoring() {
  const bed = await Bed.running();
  const { connection, writes, leases } = connectionTo(bed.store);
  const { datacenters, recovery } = await adaptersFor(connection);
  const find = async () =>
    (await (await adaptersFor(connection)).datacenters.find([])) as [Datacenter, Datacenter];
  const all = (await datacenters.find([])) as [Datacenter, Datacenter];
  const noted = (namespace: string) =>
    leases.get(namespace)?.metadata.annotations?.['kassette/cold-restores'];
  return { bed, connection, writes, recovery, all, find, noted };
}

type Restoring = Awaited<ReturnType<typeof restoring>>;

/** Up to where the first volume is changed. */
async function begin({ recovery, all }: Restoring): Promise<void> {
  for (const d of all) await recovery.stop(d, 'stopped', fine);
  for (const d of all) await recovery.stop(d, 'changing', fine);
}

/** A change of the object above that replaces spec, labels and annotations of its datacenters. */
async function changeAbove(bed: Bed): Promise<void> {
  await bed.change((c) => ({
    ...c,
    spec: { ...c.spec, cassandra: { ...(c.spec?.['cassandra'] as object), serverVersion: '5.0.7' } },
  }));
  await bed.reconcile(3);
}

test('what is noted of a cold restore outlives a change of the object above, with who has started the datacenter', async () => {
  const restore = await restoring();
  await begin(restore);
  const [stopped] = await restore.find();
  assert.equal(stopped.coldRestore, 'changing');
  await changeAbove(restore.bed);
  const dc1 = await restore.bed.datacenter('dc1');
  assert.ok(!Object.keys(dc1.metadata.annotations ?? {}).some((key) => key.startsWith('kassette/')));
  assert.notEqual(dc1.spec?.['stopped'], true);
  const [overwritten] = await restore.find();
  assert.equal(overwritten.startedByOthers, true);
  const { noted, revision, stopped: isStopped } = await restore.recovery.asked(overwritten);
  assert.ok(noted !== null && noted !== revision && !isStopped);
});

test('it is on the lease before the datacenter has it; it goes when all volumes are restored, before the datacenter is started', async () => {
  const restore = await restoring();
  const { recovery, all, writes, noted, bed } = restore;
  await recovery.stop(all[0], 'stopped', fine);
  assert.equal(noted('k8ss'), undefined);
  writes.length = 0;
  await recovery.stop(all[0], 'changing', fine);
  assert.deepEqual(writes, ['lease k8ss', 'patch cassandradatacenters k8ss/dc1']);
  const { uid } = (await bed.datacenter('dc1')).metadata;
  assert.match(noted('k8ss') ?? '', new RegExp(`"uid":"${uid}".*"kassette/cold-revision":"${uid}/`));
  assert.equal(noted('k8ss-b'), undefined);
  writes.length = 0;
  await recovery.start(all[0], 'given up', fine);
  assert.deepEqual(writes, ['patch cassandradatacenters k8ss/dc1']);
  await recovery.stop(all[0], 'changing', fine);
  writes.length = 0;
  await recovery.start(all[0], 'restored', fine);
  assert.deepEqual(writes, ['lease k8ss', 'patch cassandradatacenters k8ss/dc1']);
  assert.equal(noted('k8ss'), undefined);
  const [started] = await restore.find();
  assert.deepEqual([started.coldRestore, started.startedByOthers], [undefined, undefined]);
});

test('a note of another object of that name does not count', async () => {
  const restore = await restoring();
  await begin(restore);
  await restore.bed.store.delete('CassandraDatacenter', 'k8ss', 'dc1');
  await restore.bed.reconcile(3);
  await restore.bed.ready('dc1');
  const [dc1, dc2] = await restore.find();
  assert.deepEqual([dc1.coldRestore, dc1.startedByOthers], [undefined, undefined]);
  assert.equal(dc2.coldRestore, 'changing');
});

test('a datacenter is looked at right before each volume is changed: what was changed above ends the cold restore', async () => {
  const restore = await restoring();
  await begin(restore);
  await changeAbove(restore.bed);
  const volume = {
    ...{ name: 'server-data-tworings-dc1-default-sts-0', datacenter: 'dc1', cluster: 'Two Rings' },
    ...{ node: 'tworings-dc1-default-sts-0', place: null, uid: null },
  };
  restore.writes.length = 0;
  // No Job is made: the API server here has none.
  await assert.rejects(
    restore.recovery.clean(volume, CLEAN, () => {}),
    { code: 'DATACENTER_CHANGED', message: /^Datacenter dc1 was changed or started by something else/ },
  );
  assert.deepEqual(restore.writes, []);
});

test('volumes are found in whichever namespace they are; a name that two of them have means neither', async () => {
  const { store } = await Bed.running();
  const recoveryWith = async (...claims: readonly string[]) => {
    const { datacenters, recovery } = await adaptersFor(connectionTo(store, { claims }).connection);
    await datacenters.find([]);
    return recovery;
  };
  const claim = (dc: string) => `server-data-tworings-${dc}-default-sts-0`;
  const recovery = await recoveryWith('k8ss/dc1', 'k8ss-b/dc2');
  const found = await recovery.volumes({ names: ['dc1', 'dc2'].map(claim) });
  assert.deepEqual(
    found.map((v) => v.name),
    ['dc1', 'dc2'].map(claim),
  );
  assert.deepEqual(
    (await recovery.volumes({ datacenter: 'dc2' })).map((v) => v.name),
    [claim('dc2')],
  );
  await assert.rejects(recovery.volumes({ names: [claim('dc3')] }), { code: 'NO_VOLUME' });
  await assert.rejects(recovery.volumes({ datacenter: 'dc3' }), {
    code: 'NOT_FOUND',
    message: 'K8ssandraCluster k8ss/two has no datacenter `dc3`; it has: dc1, dc2.',
  });
  const twice = await recoveryWith('k8ss/dc2', 'k8ss-b/dc2');
  await assert.rejects(twice.volumes({ names: [claim('dc2')] }), {
    code: 'USAGE',
    message: `Several namespaces of K8ssandraCluster k8ss/two have a claim ${claim('dc2')}.`,
  });
});

test('a datacenter that is there is known although another one is missing, whichever namespace answers first', async () => {
  const { store } = await Bed.running();
  const places = { dc1: 'k8ss', dc2: 'k8ss-b' } as const;
  /** Of each datacenter's volume the cluster that its object names. */
  const clusters = async (missing: keyof typeof places, code: string, fails = async () => {}) => {
    const { connection } = connectionTo(store, { claims: ['k8ss/dc1', 'k8ss-b/dc2'] });
    const { datacenters, recovery } = await adaptersFor(connection);
    const { objects, core } = connection;
    const [list, pods] = [objects.listNamespacedCustomObject, core.listNamespacedPod];
    Object.assign(objects, {
      listNamespacedCustomObject: async (asked: Parameters<typeof list>[0]) =>
        asked.namespace === places[missing] ? { items: [] } : list.call(objects, asked),
    });
    Object.assign(core, {
      listNamespacedPod: async (asked: Parameters<typeof pods>[0]) => {
        if (asked.namespace !== places[missing]) {
          await pause(20);
          await fails();
        }
        return pods.call(core, asked);
      },
    });
    await assert.rejects(datacenters.find([]), { code });
    const found = Object.keys(places).map((datacenter) => recovery.volumes({ datacenter }));
    return (await Promise.all(found)).flat().map((v) => v.cluster);
  };
  assert.deepEqual(await clusters('dc1', 'NOT_FOUND'), [null, 'Two Rings']);
  assert.deepEqual(await clusters('dc2', 'NOT_FOUND'), ['Two Rings', null]);
  // What cannot be seen is not taken for what is not there.
  await clusters('dc1', 'CLUSTER_UNREACHABLE', async () => {
    throw new KassetteError('CLUSTER_UNREACHABLE', 'It is away.', 'Wait for it.');
  });
});

test('so is one beside which another one is missing in its own namespace', async () => {
  const { connection } = connectionTo((await Bed.running()).store, { claims: ['k8ss/dc1'] });
  const get = connection.objects.getNamespacedCustomObject;
  Object.assign(connection.objects, {
    getNamespacedCustomObject: async (asked: Parameters<typeof get>[0]) => {
      const object = await get.call(connection.objects, asked);
      if (asked.plural === 'k8ssandraclusters')
        object.spec.cassandra.datacenters.unshift({ metadata: { name: 'dc0', namespace: 'k8ss' } });
      return object;
    },
  });
  const { datacenters, recovery } = await adaptersFor(connection);
  await assert.rejects(datacenters.find([]), { code: 'NOT_FOUND', message: /declares datacenter dc0/ });
  assert.deepEqual(
    (await recovery.volumes({ datacenter: 'dc1' })).map((v) => v.cluster),
    ['Two Rings'],
  );
});

test('the addresses of all of its namespaces are the ring’s own for a volume that is restored', async () => {
  const { connection } = connectionTo((await Bed.running()).store);
  const { all: ring } = await declaredIn(connection, 'two');
  assert.deepEqual(await cassandraAddresses({ ...connection, ring }), ['10.244.0.173', '10.244.0.176']);
  assert.deepEqual(await cassandraAddresses(connection), ['10.244.0.173']);
});

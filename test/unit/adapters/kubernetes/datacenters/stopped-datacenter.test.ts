import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { kubernetesRecovery } from '../../../../../src/adapters/kubernetes/datacenters/recovery.ts';
import type { ColdStage } from '../../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';

// What is noted on a CassandraDatacenter that is stopped for a cold restore. The API is one object that takes merge patches.
interface Stored {
  metadata: { name: string; annotations: Record<string, string> };
  spec: { clusterName: string; size: number; stopped: boolean };
}

function kubernetes(annotations: Record<string, string> = {}, isStopped = false) {
  const stored: Stored = {
    metadata: { name: 'dc', annotations },
    spec: { clusterName: 'c', size: 1, stopped: isStopped },
  };
  const patches: unknown[] = [];
  const objects = {
    listNamespacedCustomObject: async () => ({ items: [stored] }),
    patchNamespacedCustomObject: async ({ body }: { body: Stored }) => {
      patches.push(body);
      stored.spec.stopped = body.spec.stopped;
      for (const [key, value] of Object.entries(body.metadata.annotations)) {
        if (value === null) delete stored.metadata.annotations[key];
        else stored.metadata.annotations[key] = value;
      }
    },
  };
  const core = { listNamespacedPod: async () => ({ items: [] }) };
  const connection = { namespace: 'ns', objects, core } as unknown as Connection;
  const shell = { run: async () => Buffer.alloc(0) };
  return {
    stored,
    patches,
    find: async () => (await kubernetesDatacenters(connection, async () => '', new Map()).find([]))[0],
    recovery: kubernetesRecovery(connection, new Map(), {
      shell,
      image: undefined,
      pullSecrets: [],
      settings: NO_SETTINGS,
      timeoutMs: 1,
    }),
  };
}

const yes = async () => {};

test('who stopped it and how far it has come goes and comes with spec.stopped, in one patch each', async () => {
  const { stored, patches, find, recovery } = kubernetes({ theirs: 'x' });
  const datacenter = (await find()) ?? assert.fail();
  assert.equal(datacenter.coldRestore, undefined);
  for (const stage of ['stopped', 'changing'] satisfies ColdStage[]) {
    await recovery.stop(datacenter, stage, yes);
    const found = await find();
    assert.deepEqual([found?.coldRestore, stored.spec.stopped], [stage, true]);
    assert.match(found?.unready?.reason ?? '', /stopped for a cold restore that has not ended/);
  }
  await recovery.start(datacenter, yes);
  assert.deepEqual([stored.spec.stopped, stored.metadata.annotations], [false, { theirs: 'x' }]);
  assert.equal(patches.length, 3);
});

test('nothing is told where the lease is not held any more', async () => {
  const { patches, find, recovery } = kubernetes();
  const datacenter = (await find()) ?? assert.fail();
  const no = () => Promise.reject(new KassetteError('LEASE_LOST', 'lost', ''));
  await assert.rejects(recovery.stop(datacenter, 'stopped', no), { code: 'LEASE_LOST' });
  await assert.rejects(recovery.start(datacenter, no), { code: 'LEASE_LOST' });
  assert.deepEqual(patches, []);
});

test('somebody else’s stop is nobody’s cold restore, and a note on one that runs says nothing', async () => {
  assert.equal((await kubernetes({}, true).find())?.coldRestore, undefined);
  assert.match((await kubernetes({}, true).find())?.unready?.reason ?? '', /spec\.stopped/);
  assert.equal((await kubernetes({ 'kassette/cold-restore': 'changing' }).find())?.coldRestore, undefined);
  assert.equal((await kubernetes({ 'kassette/cold-restore': 'more' }, true).find())?.coldRestore, 'changing');
});

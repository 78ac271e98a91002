import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { kubernetesRecovery } from '../../../../../src/adapters/kubernetes/datacenters/recovery.ts';
import type { ColdStage } from '../../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { NO_SETTINGS } from '../../../../../src/domain/jobs/settings.ts';
import { type Asked, isDisturbed } from '../../../../../src/domain/restore-state/asked.ts';

// What is noted on a CassandraDatacenter that is stopped for a cold restore. The API is one object that takes merge patches.
interface Stored {
  metadata: {
    name: string;
    uid: string;
    generation: number;
    resourceVersion: string;
    annotations: Record<string, string>;
    managedFields?: unknown;
  };
  spec: { clusterName: string; size: number; stopped: boolean; serverVersion?: string; racks?: unknown };
}

function kubernetes(annotations: Record<string, string> = {}, isStopped = false) {
  const stored: Stored = {
    metadata: { name: 'dc', uid: 'u1', generation: 1, resourceVersion: '10', annotations },
    spec: { clusterName: 'c', size: 1, stopped: isStopped },
  };
  const patches: unknown[] = [];
  /** What somebody else does right before a patch arrives. */
  const others: (() => void)[] = [];
  const objects = {
    listNamespacedCustomObject: async () => ({ items: [stored] }),
    getNamespacedCustomObject: async () => structuredClone(stored),
    patchNamespacedCustomObject: async ({ body }: { body: Stored }) => {
      others.shift()?.();
      const { metadata } = stored;
      if (body.metadata.resourceVersion !== metadata.resourceVersion)
        throw new ApiException(409, 'the object has been modified', '', {});
      patches.push(body);
      if (stored.spec.stopped !== body.spec.stopped) metadata.generation++;
      metadata.resourceVersion = `${Number(metadata.resourceVersion) + 1}`;
      stored.spec.stopped = body.spec.stopped;
      for (const [key, value] of Object.entries(body.metadata.annotations)) {
        if (value === null) delete stored.metadata.annotations[key];
        else stored.metadata.annotations[key] = value;
      }
    },
  };
  const core = { listNamespacedPod: async () => ({ items: [] }) };
  const authorization = {
    createSelfSubjectAccessReview: async () => ({ status: { allowed: true } }),
  };
  const connection = { namespace: 'ns', objects, core, authorization } as unknown as Connection;
  const shell = { run: async () => Buffer.alloc(0) };
  return {
    stored,
    patches,
    others,
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
  assert.equal(stored.metadata.annotations['kassette/cold-revision'], 'u1/2');
  await recovery.start(datacenter, 'restored', yes);
  assert.deepEqual([stored.spec.stopped, stored.metadata.annotations], [false, { theirs: 'x' }]);
  assert.equal(patches.length, 3);
});

test('nothing is told where the lease is not held any more', async () => {
  const { patches, find, recovery } = kubernetes();
  const datacenter = (await find()) ?? assert.fail();
  const no = () => Promise.reject(new KassetteError('LEASE_LOST', 'lost', ''));
  await assert.rejects(recovery.stop(datacenter, 'stopped', no), { code: 'LEASE_LOST' });
  await assert.rejects(recovery.start(datacenter, 'restored', no), { code: 'LEASE_LOST' });
  assert.deepEqual(patches, []);
});

test('somebody else’s stop is nobody’s cold restore, and a note on one that runs says nothing', async () => {
  assert.equal((await kubernetes({}, true).find())?.coldRestore, undefined);
  assert.match((await kubernetes({}, true).find())?.unready?.reason ?? '', /spec\.stopped/);
  assert.equal((await kubernetes({ 'kassette/cold-restore': 'changing' }).find())?.coldRestore, undefined);
  assert.equal((await kubernetes({ 'kassette/cold-restore': 'more' }, true).find())?.coldRestore, 'changing');
});

/** As the API server counts: another generation for another spec, another version for anything. */
function change({ stored }: ReturnType<typeof kubernetes>, spec: Partial<Stored['spec']>): void {
  Object.assign(stored.spec, spec);
  stored.metadata.generation++;
  stored.metadata.resourceVersion = `${Number(stored.metadata.resourceVersion) + 1}`;
}

test('what is asked for right before a patch arrives is confirmed once more, and nothing is patched over it', async () => {
  const world = kubernetes({}, true);
  const datacenter = (await world.find()) ?? assert.fail();
  const seen: (string | null)[] = [];
  world.others.push(() => change(world, { size: 2 }));
  await world.recovery.start(datacenter, 'restored', async ({ revision }) => void seen.push(revision));
  assert.deepEqual([seen, world.stored.spec.stopped], [['u1/1', 'u1/2'], false]);
  const scaled = kubernetes({}, true);
  scaled.others.push(() => change(scaled, { size: 2 }));
  const once = async ({ revision }: Asked) => assert.equal(revision, 'u1/1');
  await assert.rejects(scaled.recovery.start(datacenter, 'restored', once));
  assert.deepEqual([scaled.patches, scaled.stored.spec.stopped], [[], true]);
});

test('the revision stays noted as it was when volumes were first changed, also where a later run gives up', async () => {
  const world = kubernetes({}, true);
  const datacenter = (await world.find()) ?? assert.fail();
  await world.recovery.stop(datacenter, 'changing', yes);
  const { annotations } = world.stored.metadata;
  assert.equal(annotations['kassette/cold-revision'], 'u1/1');
  assert.equal(isDisturbed(await world.recovery.asked(datacenter)), false);
  change(world, { stopped: false });
  assert.deepEqual(
    [isDisturbed(await world.recovery.asked(datacenter)), (await world.find())?.startedByOthers],
    [true, true],
  );
  await world.recovery.stop(datacenter, 'stopped', yes);
  await world.recovery.stop(datacenter, 'changing', yes);
  await world.recovery.start(datacenter, 'given up', yes);
  assert.deepEqual(annotations, {
    'kassette/cold-restore': 'changing',
    'kassette/cold-revision': 'u1/1',
  });
  await world.recovery.start(datacenter, 'restored', yes);
  assert.deepEqual([annotations, (await world.find())?.startedByOthers], [{}, undefined]);
});

test('what is noted of another object says nothing of this one that runs', async () => {
  const notes = { 'kassette/cold-restore': 'changing', 'kassette/cold-revision': 'u0/4' };
  assert.equal((await kubernetes(notes).find())?.startedByOthers, undefined);
});

test('what a datacenter is asked to be: nodes of each rack as cass-operator divides them, release, and who started it', async () => {
  const world = kubernetes({}, true);
  const datacenter = (await world.find()) ?? assert.fail();
  const fields = { 'f:spec': { 'f:stopped': {} } };
  world.stored.metadata.managedFields = [
    { manager: 'kassette', operation: 'Update', fieldsV1: { 'f:metadata': {} } },
    { manager: 'argocd-controller', operation: 'Apply', fieldsV1: fields },
  ];
  change(world, {
    size: 5,
    serverVersion: '4.1.9',
    racks: [{ name: 'rack 1' }, { name: 'r2' }, { name: 'r3' }],
  });
  const { racks, release, by } = await world.recovery.asked(datacenter);
  assert.deepEqual(racks, [
    { rack: 'rack1', nodes: 2 },
    { rack: 'r2', nodes: 2 },
    { rack: 'r3', nodes: 1 },
  ]);
  assert.deepEqual([release, by], ['4.1.9', 'argocd-controller']);
  change(world, { racks: null });
  assert.deepEqual((await world.recovery.asked(datacenter)).racks, [{ rack: 'default', nodes: 5 }]);
});

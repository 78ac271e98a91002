import assert from 'node:assert/strict';
import { K8ssandraController } from '../../e2e/bed/k8ssandra/controller.ts';
import type { KubeObject } from '../../e2e/bed/k8ssandra/objects.ts';
import { ObjectStore } from './object-store.ts';
import { RECORDED_CLUSTER, RECORDED_TASK } from './recorded-k8ssandra.ts';

const { status: _, ...rest } = RECORDED_CLUSTER;
export const CLUSTER = rest;
/** Of the recorded K8ssandraCluster. */
export const [DC1, DC2] = CLUSTER.spec.cassandra.datacenters;
export const NEW: KubeObject = { ...CLUSTER, metadata: { name: 'two', namespace: 'k8ss' } };
export const alone = (cluster: KubeObject): KubeObject => ({
  ...cluster,
  spec: { ...cluster.spec, cassandra: { clusterName: 'Two Rings', datacenters: [DC1] } },
});

/** The store, its controller, and what stands for cass-operator and the nodes. */
export class Bed {
  readonly store = new ObjectStore();
  readonly altered: string[] = [];
  /** Datacenters with replicas of `system_auth`: one that is left out makes Cassandra refuse. */
  replicas: readonly string[] = [];
  /** What others do while a keyspace is looked at. */
  meanwhile: () => Promise<void> = async () => {};
  readonly controller = new K8ssandraController(this.store, async (datacenter, keyspace, replication) => {
    await this.meanwhile();
    const now = Object.keys(replication).join('+');
    if (keyspace === 'system_auth' && this.replicas.some((r) => !(r in replication)))
      throw new Error('CALL alter keyspaces system_auth failed: 500');
    this.altered.push(`${datacenter.metadata.name} ${keyspace} ${now}`);
  });

  async reconcile(times = 1): Promise<void> {
    for (let i = 0; i < times; i++) await this.controller.reconcile('k8ss', 'two');
  }

  async datacenter(name: 'dc1' | 'dc2'): Promise<KubeObject> {
    const found = await this.store.get('CassandraDatacenter', name === 'dc1' ? 'k8ss' : 'k8ss-b', name);
    return found ?? assert.fail(`there is no ${name}`);
  }

  async cluster(): Promise<KubeObject> {
    return (await this.store.get('K8ssandraCluster', 'k8ss', 'two')) ?? assert.fail('it is gone');
  }

  async secret(namespace = 'k8ss'): Promise<KubeObject> {
    return (await this.store.get('Secret', namespace, 'tworings-superuser')) ?? assert.fail('no secret');
  }

  /** As cass-operator does when all nodes are up, or stopped. */
  async ready(name: 'dc1' | 'dc2'): Promise<void> {
    const dc = await this.datacenter(name);
    const conditions = [
      { type: 'Initialized', status: 'True' },
      { type: dc.spec?.['stopped'] === true ? 'Stopped' : 'Ready', status: 'True' },
    ];
    const { superUserUpserted, cassandraOperatorProgress } =
      RECORDED_CLUSTER.status.datacenters.dc1.cassandra;
    const status = {
      ...{ conditions, superUserUpserted, cassandraOperatorProgress },
      observedGeneration: dc.metadata.generation,
    };
    await this.store.replaceStatus('CassandraDatacenter', { ...dc, status });
  }

  /** Everything made and done, the rebuild of dc2 as well. */
  static async running(cluster: KubeObject = NEW): Promise<Bed> {
    const bed = new Bed();
    await bed.store.create('K8ssandraCluster', cluster);
    await bed.reconcile();
    await bed.ready('dc1');
    await bed.reconcile();
    if ((await bed.store.get('CassandraDatacenter', 'k8ss-b', 'dc2')) === null) return bed;
    await bed.ready('dc2');
    await bed.reconcile();
    await bed.rebuilt();
    await bed.reconcile(2);
    return bed;
  }

  async rebuilt(): Promise<void> {
    const task = await this.store.get('CassandraTask', 'k8ss-b', 'dc2-rebuild');
    if (task !== null)
      await this.store.replaceStatus('CassandraTask', { ...task, status: RECORDED_TASK.status });
  }

  async change(change: (cluster: KubeObject) => KubeObject): Promise<void> {
    await this.store.replace('K8ssandraCluster', change(await this.cluster()));
  }

  async annotate(key = 'touched', value = '1'): Promise<void> {
    await this.change((c) => ({
      ...c,
      metadata: { ...c.metadata, annotations: { ...c.metadata.annotations, [key]: value } },
    }));
  }

  async status(): Promise<Readonly<Record<string, unknown>>> {
    return (await this.cluster()).status ?? {};
  }
}

/** Both datacenters and the object at once, as from a backup, without a status. */
export async function restoredAtOnce(): Promise<Bed> {
  const before = await Bed.running();
  const [dc1, dc2] = [await before.datacenter('dc1'), await before.datacenter('dc2')];
  const { metadata, ...cluster } = await before.cluster();
  const to = new Bed();
  to.replicas = ['dc1', 'dc2'];
  await to.store.create('Secret', {
    ...(await before.secret()),
    metadata: { name: 'tworings-superuser', namespace: 'k8ss' },
  });
  for (const dc of [dc1, dc2]) await to.store.create('CassandraDatacenter', dc);
  const { status: _status, ...bare } = cluster;
  await to.store.create('K8ssandraCluster', { ...bare, metadata });
  await to.ready('dc1');
  await to.ready('dc2');
  return to;
}

/** The operator gets on, and nothing is rebuilt, which would stream live rows. */
export async function assertGoesOn(bed: Bed): Promise<void> {
  assert.equal((await bed.status())['error'], 'None');
  assert.equal((await bed.cluster()).metadata.annotations?.['k8ssandra.io/rebuild-dc'], undefined);
  assert.equal(await bed.store.get('CassandraTask', 'k8ss-b', 'dc2-rebuild'), null);
}

/** The same, and the replication of system keyspaces, which was altered to the first datacenter alone, is that of both. */
export async function assertCured(bed: Bed): Promise<void> {
  assert.deepEqual(bed.altered.slice(-3), [
    'dc2 system_traces dc1+dc2',
    'dc2 system_distributed dc1+dc2',
    'dc2 system_auth dc1+dc2',
  ]);
  await assertGoesOn(bed);
}

import { isDeepStrictEqual } from 'node:util';
import {
  ANNOTATIONS,
  cassandraOf,
  clusterNameOf,
  desiredDatacenter,
  FINALIZER,
  HASH,
  hasCondition,
  type KubeObject,
  labelsOf,
  namespaceOf,
  type ObjectApi,
  replicationOf,
  type Template,
} from './objects.ts';
import { ensureSecrets, removeCopies } from './secrets.ts';
import { findSeeds, nameSeeds, type Seed } from './seeds.ts';

/** A management API's way to alter a keyspace, where it has another replication; it answers 500 where Cassandra refuses. */
export type AlterReplication = (
  datacenter: KubeObject,
  keyspace: string,
  replication: Readonly<Record<string, number>>,
) => Promise<void>;

interface Status {
  readonly datacenters: Record<string, Readonly<Record<string, unknown>>>;
  readonly conditions: Record<string, 'True' | 'False'>;
  observedGeneration: number | undefined;
}

/** In this order. */
const SYSTEM_KEYSPACES = ['system_traces', 'system_distributed', 'system_auth'];

/**
 * What k8ssandra-operator does with a K8ssandraCluster, as it was recorded (main, newer than v1.32.5) and read: no kinder. A call is one
 * reconcile; as the real one does, it stops at the first thing that has to be waited for.
 */
export class K8ssandraController {
  readonly #api: ObjectApi;
  readonly #alter: AlterReplication;

  constructor(api: ObjectApi, alter: AlterReplication) {
    this.#api = api;
    this.#alter = alter;
  }

  async reconcile(namespace: string, name: string): Promise<void> {
    const cluster = await this.#api.get('K8ssandraCluster', namespace, name);
    if (cluster === null) return;
    if (cluster.metadata.deletionTimestamp !== undefined) return this.#delete(cluster);
    const status = statusOf(cluster);
    let error = 'None';
    try {
      await this.#reconcileAll(await this.#finalized(cluster), status);
    } catch (thrown) {
      error = thrown instanceof Error ? thrown.message : String(thrown);
    }
    const now = await this.#api.get('K8ssandraCluster', namespace, name);
    // What somebody else has written meanwhile stays: as a patch of what has changed leaves it.
    if (now === null || !isDeepStrictEqual(now.status, cluster.status)) return;
    const conditions = Object.entries(status.conditions).map(([type, value]) => ({ type, status: value }));
    const { datacenters, observedGeneration } = status;
    await this.#api.replaceStatus('K8ssandraCluster', {
      ...now,
      status: { conditions, datacenters, error, observedGeneration },
    });
  }

  async #finalized(cluster: KubeObject): Promise<KubeObject> {
    const { finalizers = [], annotations = {} } = cluster.metadata;
    const first = cassandraOf(cluster).datacenters.slice(0, 1);
    if (finalizers.includes(FINALIZER) && annotations[ANNOTATIONS.replication] !== undefined) return cluster;
    return this.#api.replace('K8ssandraCluster', {
      ...cluster,
      metadata: {
        ...cluster.metadata,
        finalizers: [...new Set([...finalizers, FINALIZER])],
        annotations: {
          [ANNOTATIONS.replication]: JSON.stringify(replicationOf(first)),
          ...annotations,
        },
      },
    });
  }

  async #reconcileAll(given: KubeObject, status: Status): Promise<void> {
    await ensureSecrets(this.#api, given);
    await this.#decommission(given, status);
    let cluster = given;
    const seeds = await findSeeds(this.#api, given);
    for (const [index, template] of cassandraOf(cluster).datacenters.entries()) {
      cluster = await this.#checkRebuild(cluster, template, status);
      if (!(await this.#reconcileDatacenter(cluster, template, index, seeds, status))) return;
    }
    status.conditions['CassandraInitialized'] ??= 'True';
    if (mayUpdate(cluster)) status.conditions['RequiresUpdate'] = 'False';
    if (cluster.metadata.annotations?.[ANNOTATIONS.update] === 'once')
      await this.#annotate(cluster, ANNOTATIONS.update, null);
    status.observedGeneration = cluster.metadata.generation;
  }

  /** A datacenter that others are in the status without is taken for new. */
  async #checkRebuild(cluster: KubeObject, { metadata }: Template, status: Status): Promise<KubeObject> {
    const known = Object.keys(status.datacenters);
    const isNew = known.length > 0 && !known.includes(metadata.name);
    if (!isNew || cluster.metadata.annotations?.[ANNOTATIONS.rebuild] === metadata.name) return cluster;
    return this.#annotate(cluster, ANNOTATIONS.rebuild, metadata.name);
  }

  /** @returns false where it has to be waited for */
  async #reconcileDatacenter(
    cluster: KubeObject,
    template: Template,
    index: number,
    seeds: readonly Seed[],
    status: Status,
  ): Promise<boolean> {
    const desired = desiredDatacenter(cluster, template, index);
    const { namespace, name } = desired.metadata;
    await nameSeeds(this.#api, cluster, desired, seeds);
    const actual = await this.#api.get('CassandraDatacenter', namespace, name);
    if (actual === null) {
      await this.#api.create('CassandraDatacenter', desired);
      return false;
    }
    if (actual.metadata.deletionTimestamp !== undefined) {
      await this.#letGo(actual);
      return false;
    }
    if (actual.spec?.['clusterName'] !== clusterNameOf(cluster))
      throw new Error(
        `CassandraDatacenter ${namespace}/${name} has cluster name ${actual.spec?.['clusterName']}, but expected ${clusterNameOf(cluster)}`,
      );
    status.datacenters[name] = { ...status.datacenters[name], cassandra: actual.status ?? {} };
    if (actual.metadata.annotations?.[HASH] !== desired.metadata.annotations?.[HASH]) {
      if (mayUpdate(cluster)) {
        await this.#overwrite(actual, desired);
        return false;
      }
      status.conditions['RequiresUpdate'] = 'True';
    }
    const isStopped = actual.spec?.['stopped'] === true;
    if (!hasCondition(actual, isStopped ? 'Stopped' : 'Ready')) return false;
    if (actual.metadata.generation !== actual.status?.['observedGeneration']) return false;
    if (isStopped) return true;
    await this.#alterSystemKeyspaces(cluster, actual, status);
    return this.#rebuild(cluster, actual);
  }

  /** Spec, labels and annotations as a whole; finalizers of others stay. */
  async #overwrite(actual: KubeObject, desired: KubeObject): Promise<void> {
    const { uid, resourceVersion, generation, finalizers = [] } = actual.metadata;
    const identity = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(generation === undefined ? {} : { generation }),
    };
    const { superuserSecretName } = actual.spec ?? {};
    await this.#api.replace('CassandraDatacenter', {
      ...desired,
      metadata: { ...desired.metadata, ...identity, finalizers: [...new Set([FINALIZER, ...finalizers])] },
      // It is immutable.
      spec: { ...desired.spec, superuserSecretName },
    });
  }

  /** To all datacenters that the status calls initialized, by the one that was just reconciled. */
  async #alterSystemKeyspaces(cluster: KubeObject, datacenter: KubeObject, status: Status): Promise<void> {
    const declared = cassandraOf(cluster).datacenters;
    if (Object.keys(status.datacenters).length > declared.length) return;
    const initialized = declared.filter(({ metadata }) => {
      const own = status.datacenters[metadata.name]?.['cassandra'] as KubeObject['status'];
      return own !== undefined && hasCondition({ ...cluster, status: own }, 'Initialized');
    });
    for (const keyspace of SYSTEM_KEYSPACES)
      await this.#alter(datacenter, keyspace, replicationOf(initialized));
  }

  /** @returns false while it goes on */
  async #rebuild(cluster: KubeObject, { metadata: { name, namespace } }: KubeObject): Promise<boolean> {
    if (cluster.metadata.annotations?.[ANNOTATIONS.rebuild] !== name) return true;
    const task = await this.#api.get('CassandraTask', namespace, `${name}-rebuild`);
    const [source] = cassandraOf(cluster).datacenters.filter((t) => t.metadata.name !== name);
    const job = { args: { source_datacenter: source?.metadata.name }, command: 'rebuild' };
    if (task === null) {
      await this.#api.create('CassandraTask', {
        apiVersion: 'control.k8ssandra.io/v1alpha1',
        kind: 'CassandraTask',
        metadata: { name: `${name}-rebuild`, namespace, labels: { 'k8ssandra.io/rebuild-nodes': '1' } },
        spec: { datacenter: { name, namespace }, jobs: [{ ...job, name: `${name}-rebuild` }] },
      });
      return false;
    }
    if (Number(task.status?.['succeeded'] ?? 0) + Number(task.status?.['failed'] ?? 0) === 0) return false;
    const now = await this.#api.get('K8ssandraCluster', cluster.metadata.namespace, cluster.metadata.name);
    await this.#annotate(now ?? cluster, ANNOTATIONS.rebuild, null);
    return true;
  }

  /** One that the status has and the spec has not: whatever in any namespace has the labels and the name. */
  async #decommission(cluster: KubeObject, status: Status): Promise<void> {
    const declared = cassandraOf(cluster).datacenters.map((t) => t.metadata.name);
    const name = Object.keys(status.datacenters).find((known) => !declared.includes(known));
    if (name === undefined) return;
    const all = await this.#api.list('CassandraDatacenter', labelsOf(cluster));
    const meant = all.find((d) => d.metadata.name === name);
    if (meant === undefined) {
      delete status.datacenters[name];
      return;
    }
    const annotations = { ...meant.metadata.annotations, [ANNOTATIONS.decommission]: 'true' };
    await this.#letGo({ ...meant, metadata: { ...meant.metadata, annotations } });
    await this.#api.delete('CassandraDatacenter', meant.metadata.namespace, name);
  }

  /** Its datacenters first; what it owns is then nobody's. */
  async #delete(cluster: KubeObject): Promise<void> {
    let left = 0;
    for (const template of cassandraOf(cluster).datacenters) {
      const where = [namespaceOf(cluster, template), template.metadata.name] as const;
      const datacenter = await this.#api.get('CassandraDatacenter', ...where);
      if (datacenter === null) continue;
      left++;
      await this.#api.delete('CassandraDatacenter', ...where);
      const now = await this.#api.get('CassandraDatacenter', ...where);
      if (now !== null) await this.#letGo(now);
    }
    if (left > 0) return;
    await removeCopies(this.#api, cluster.metadata.namespace, cluster.metadata.name);
    await this.#letGo(cluster, 'K8ssandraCluster');
  }

  async #letGo(
    object: KubeObject,
    kind: 'CassandraDatacenter' | 'K8ssandraCluster' = 'CassandraDatacenter',
  ): Promise<void> {
    const finalizers = (object.metadata.finalizers ?? []).filter((f) => f !== FINALIZER);
    await this.#api.replace(kind, { ...object, metadata: { ...object.metadata, finalizers } });
  }

  async #annotate(cluster: KubeObject, key: string, value: string | null): Promise<KubeObject> {
    const { [key]: _, ...others } = cluster.metadata.annotations ?? {};
    const annotations = value === null ? others : { ...others, [key]: value };
    return this.#api.replace('K8ssandraCluster', {
      ...cluster,
      metadata: { ...cluster.metadata, annotations },
    });
  }
}

/** Whether the spec has changed since it was last done with, or updates are asked for. */
function mayUpdate({ metadata, status }: KubeObject): boolean {
  const seen = Number(status?.['observedGeneration'] ?? 0);
  return seen < (metadata.generation ?? 1) || metadata.annotations?.[ANNOTATIONS.update] !== undefined;
}

function statusOf({ status }: KubeObject): Status {
  const conditions = (status?.['conditions'] ?? []) as readonly { type: string; status: 'True' | 'False' }[];
  const observed = status?.['observedGeneration'];
  return {
    datacenters: { ...(status?.['datacenters'] as Status['datacenters'] | undefined) },
    conditions: Object.fromEntries(conditions.map((c) => [c.type, c.status])),
    observedGeneration: typeof observed === 'number' ? observed : undefined,
  };
}

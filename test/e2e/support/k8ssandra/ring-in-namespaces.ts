import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { z } from 'zod';
import type { StorageControl } from '../../../../lab/dataset/load.ts';
import type { Bed } from '../../bed/bed.ts';
import { SMALL } from '../../bed/image/test-datacenter.ts';
import { ANNOTATIONS, type KubeObject } from '../../bed/k8ssandra/objects.ts';
import { type K8ssandraRun, stateOf } from '../../bed/k8ssandra/run.ts';
import { RELEASE } from '../bed.ts';
import { TestDatacenter } from '../datacenter.ts';
import { outside, type Runner } from '../kassette/kassette.ts';
import { JMX_OPTION } from '../pods-place.ts';
import { waitForStart } from '../starts.ts';
import { storageJobs } from '../storage-jobs.ts';
import { rolesOf } from './roles.ts';

/** Two nodes, one after the other, and a rebuild. */
const SETTLED_MS = 1_200_000;
/** Cassandra keeps for 2 s what it knows of a role. */
const LOGIN_MS = 60_000;
const KIND = 'k8ssandraclusters.k8ssandra.io';

/** What a K8ssandraCluster has under the same names. */
const TAKEN_OVER = [
  'managementApiAuth',
  'racks',
  'resources',
  'serverImage',
  'serverType',
  'serverVersion',
  'storageConfig',
];
const podSpec = z.object({
  containers: z.array(z.looseObject({ image: z.string() })),
  initContainers: z.array(z.looseObject({})),
});

/** One Cassandra ring under a K8ssandraCluster: a datacenter of one node in its namespace, another one in a second namespace. */
export class RingInNamespaces {
  readonly name = 'both';
  readonly one: TestDatacenter;
  readonly two: TestDatacenter;
  readonly #bed: Bed;
  #operator: K8ssandraRun | undefined;

  constructor(bed: Bed) {
    const common = { version: RELEASE, size: 1, cluster: 'Two Rings' };
    this.#bed = bed;
    this.one = new TestDatacenter(bed, { ...common, namespace: 'k8ss', name: 'one' });
    this.two = new TestDatacenter(bed, { ...common, namespace: 'k8ss-b', name: 'two' });
  }

  get datacenters(): readonly [TestDatacenter, TestDatacenter] {
    return [this.one, this.two];
  }

  /** Each command on all of it. */
  get outside(): Runner {
    const { run } = outside(this.one);
    return { run: (args) => run([...args, ...this.option]) };
  }

  get option(): readonly [string, string] {
    return ['--k8ssandra-cluster', this.name];
  }

  /** Both datacenters made and joined, as k8ssandra-operator does it. */
  async create(): Promise<void> {
    const namespaces = this.datacenters.map((d) => d.namespace);
    await this.#bed.apply(
      namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    );
    for (const datacenter of this.datacenters) await datacenter.createVolumes();
    await this.startOperator();
    await this.#bed.apply([this.#object()]);
    await this.settled();
  }

  /** The K8ssandraCluster that a user would write for what the test datacenter is. */
  #object(): object {
    const { spec: datacenter } = this.one.object;
    const { clusterName, config, podTemplateSpec } = datacenter;
    const { containers, initContainers } = podSpec.parse(podTemplateSpec?.spec);
    const { namespace } = this.one;
    const logger = idleLogger(containers[0]?.image);
    const cassandra = {
      ...Object.fromEntries(TAKEN_OVER.map((name) => [name, datacenter[name]])),
      ...{ clusterName, containers: [...containers, logger], softPodAntiAffinity: true },
      initContainers: initContainers.map((c) => ({ ...c, resources: SMALL })),
      config: {
        cassandraYaml: config?.['cassandra-yaml'],
        jvmOptions: { additionalOptions: [JMX_OPTION] },
      },
      datacenters: [
        { metadata: { name: this.one.name }, size: 1 },
        { metadata: { name: this.two.name, namespace: this.two.namespace }, size: 1 },
      ],
    };
    const metadata = { name: this.name, namespace };
    return { apiVersion: 'k8ssandra.io/v1alpha1', kind: 'K8ssandraCluster', metadata, spec: { cassandra } };
  }

  async startOperator(): Promise<void> {
    this.#operator ??= await this.#bed.runK8ssandra(this.one.namespace, this.name, (line) =>
      console.log(line),
    );
  }

  /** Until it is started again nothing is done with the object. */
  async stopOperator(): Promise<void> {
    await this.#operator?.stop();
    this.#operator = undefined;
  }

  /** Waits until the operators have nothing left to do: both datacenters known and ready, none to be rebuilt. */
  async settled(): Promise<void> {
    const what = 'both datacenters in the status, no error and no rebuild';
    await waitForStart(
      `K8ssandraCluster ${this.one.namespace}/${this.name}`,
      () => this.until(SETTLED_MS, what, isSettled),
      () => this.#explain(),
      () => this.read().then(stateOf),
    );
    // cass-operator has more to do than the conditions say.
    for (const datacenter of this.datacenters) await datacenter.ready();
  }

  /** @throws what was waited for, and what the object says instead */
  async until(patienceMs: number, what: string, isSo: (cluster: KubeObject) => boolean): Promise<void> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const now = await this.read();
      if (isSo(now)) return;
      if (Date.now() > end)
        throw new Error(`Waited ${patienceMs / 1000} s for: ${what}. K8ssandraCluster: ${stateOf(now)}`);
      await pause(1000);
    }
  }

  async read(): Promise<KubeObject> {
    return JSON.parse(await this.kubectl('get', KIND, this.name, '-o', 'json')) as KubeObject;
  }

  /** `null` removes it. */
  async annotate(key: string, value: string | null): Promise<void> {
    await this.kubectl(
      'annotate',
      KIND,
      this.name,
      value === null ? `${key}-` : `${key}=${value}`,
      '--overwrite',
    );
  }

  async patchStatus(status: object): Promise<void> {
    const patch = ['--subresource=status', '--type=merge', '--patch', JSON.stringify({ status })];
    await this.kubectl('patch', KIND, this.name, ...patch);
  }

  /** With the superuser, at a node of the datacenter. Its role is there once the rebuild has brought it. */
  async connect(datacenter: TestDatacenter): Promise<Client> {
    const end = Date.now() + LOGIN_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return await datacenter.connect();
      } catch (cause) {
        if (Date.now() < end) await pause(2000);
        else {
          const roles = await rolesOf(this.datacenters);
          throw new Error(`No login at ${datacenter.name} in ${attempt} attempts; ${roles}`, { cause });
        }
      }
    }
  }

  /** Flush and compaction on all nodes of both. */
  storage(): StorageControl {
    return storageJobs(async () => {
      const pods = await Promise.all(this.datacenters.map((d) => d.pods()));
      return pods.flat().map((p) => p.ip);
    });
  }

  /** The object, and with it all that was made for it. */
  async delete(): Promise<void> {
    await this.startOperator();
    await this.kubectl('delete', KIND, this.name, '--ignore-not-found', '--wait=false');
    for (const datacenter of this.datacenters) await datacenter.delete();
    await this.kubectl('delete', KIND, this.name, '--ignore-not-found', '--timeout=120s');
    await this.stopOperator();
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.one.kubectl(...args);
  }

  async #explain(): Promise<string> {
    const parts = [...this.datacenters.map((d) => d.explain()), rolesOf(this.datacenters)];
    const texts = await Promise.allSettled(parts);
    return texts.map((t) => (t.status === 'fulfilled' ? t.value : String(t.reason))).join('\n');
  }
}

/** Instead of cass-operator's own, which a K8ssandraCluster cannot switch off, and whose image is not here. */
function idleLogger(image: string | undefined): object {
  // Ends when it is asked to, which the first process of a container does not by itself.
  const command = ['/bin/sh', '-c', 'trap exit TERM; sleep 1000000 & wait'];
  return { name: 'server-system-logger', image, imagePullPolicy: 'Never', command, resources: SMALL };
}

function isSettled({ metadata, status }: KubeObject): boolean {
  const known = Object.keys((status?.['datacenters'] ?? {}) as object);
  return (
    known.length === 2 &&
    status?.['error'] === 'None' &&
    status['observedGeneration'] === metadata.generation &&
    metadata.annotations?.[ANNOTATIONS.rebuild] === undefined
  );
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { connectDataset } from '../../../lab/dataset/connection.ts';
import type { StorageControl } from '../../../lab/dataset/load.ts';
import { dnsName, labelValue } from '../../../src/adapters/kubernetes/client/resources.ts';
import type { Bed } from '../bed/bed.ts';
import { referenceDatacenter } from '../bed/image/reference-datacenter.ts';
import { type TestDatacenterOptions, testDatacenter } from '../bed/image/test-datacenter.ts';
import { waitForStart } from './starts.ts';
import { storageJobs } from './storage-jobs.ts';

/** Lets the comparison read each node's own copy. */
const READ_ONE_NODE = '-Dcassandra.enable_nodelocal_queries=true';
/** Longer than the ten minutes after which cass-operator starts a pod anew whose Cassandra ended while it started. */
const READY_S = 780;
const KUBECTL_MS = (READY_S + 30) * 1000;
/** How many lines of each log say why a start failed. */
const LOG_LINES = 30;

export interface DatacenterPlace {
  readonly namespace: string;
  readonly name: string;
  readonly cluster: string;
}

export interface Pod {
  readonly name: string;
  readonly ip: string;
  readonly claim: string;
}

export interface DatacenterEvent {
  readonly reason: string;
  readonly message: string;
  /** ISO 8601, in whole seconds. */
  readonly firstTimestamp: string;
}

/** A CassandraDatacenter of the example, as the bed can run it, applied and waited for; nothing happens where it is there. */
export class TestDatacenter implements DatacenterPlace {
  readonly bed: Bed;
  readonly namespace: string;
  readonly name: string;
  readonly cluster: string;
  readonly object: ReturnType<typeof testDatacenter>;
  readonly size: number;

  constructor(bed: Bed, options: TestDatacenterOptions, jvmOptions: readonly string[] = []) {
    const object = testDatacenter(referenceDatacenter(), options);
    const config = object.spec.config ?? {};
    const jvm = config['jvm-server-options'] ?? {};
    this.bed = bed;
    this.object = {
      ...object,
      spec: {
        ...object.spec,
        config: {
          ...config,
          'jvm-server-options': { ...jvm, 'additional-jvm-opts': [READ_ONE_NODE, ...jvmOptions] },
        },
      },
    };
    this.namespace = object.metadata.namespace ?? 'default';
    this.name = object.metadata.name;
    this.cluster = object.spec.clusterName;
    this.size = Number(object.spec['size'] ?? 3);
  }

  /** With fresh volumes for all its pods. */
  async create(): Promise<void> {
    if (!(await this.exists())) {
      await this.createVolumes();
      await this.apply();
    }
    await this.ready();
  }

  /** Each kept for its claim: datacenters of other namespaces start at the same time. */
  async createVolumes(): Promise<void> {
    for (const [i, claim] of this.#claims().entries()) {
      const name = `${this.namespace}-${this.name}-${i}`;
      // One that an earlier file's datacenter has left.
      await this.bed.volumes.delete(name);
      await this.bed.volumes.create(name, { namespace: this.namespace, name: claim });
    }
  }

  async exists(): Promise<boolean> {
    const get = ['get', 'cassandradatacenter', this.name, '--ignore-not-found', '-o', 'name'];
    return (await this.kubectl(...get)) !== '';
  }

  async apply(): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.namespace } };
    await this.bed.apply([namespace]);
    await this.bed.apply([this.object]);
  }

  /** Waits until cass-operator has nothing left to do. */
  ready(): Promise<void> {
    return waitForStart(
      `${this.namespace}/${this.name}`,
      () => this.#untilReady(),
      () => this.explain(),
      () => this.kubectl('get', 'pods', '--no-headers', '-L', 'cassandra.datastax.com/node-state'),
    );
  }

  async #untilReady(): Promise<void> {
    const condition = ['--for=condition=Ready', `--timeout=${READY_S}s`];
    await this.#wait(condition);
    const progress = ['--for=jsonpath={.status.cassandraOperatorProgress}=Ready', `--timeout=${READY_S}s`];
    await this.#wait(progress);
  }

  async #wait(condition: readonly string[]): Promise<void> {
    const args = ['--namespace', this.namespace, 'wait', `cassandradatacenter/${this.name}`, ...condition];
    await this.bed.kubectl(args, { timeoutMs: KUBECTL_MS });
  }

  /** What a slow or failed start looks like: pods, events, and the ends of Cassandra's logs. */
  async explain(): Promise<string> {
    const parts = [
      this.kubectl('get', 'pods', '-o', 'wide'),
      this.kubectl('get', 'events', '--sort-by=.lastTimestamp').then(lastLines),
      ...(await this.pods()).map(({ name }) => {
        const tail = ['tail', '-n', `${LOG_LINES}`, '/var/log/cassandra/console.log'];
        return this.kubectl('exec', name, '-c', 'cassandra', '--', ...tail);
      }),
    ];
    const texts = await Promise.allSettled(parts);
    return texts.map((t) => (t.status === 'fulfilled' ? t.value : String(t.reason))).join('\n');
  }

  /** Kill one pod at once; the answer waits until another has taken its place and is ready. */
  async killPod(name: string): Promise<() => Promise<void>> {
    const uid = await this.kubectl('get', 'pod', name, '-o', 'jsonpath={.metadata.uid}');
    await this.kubectl('delete', 'pod', name, '--grace-period=0', '--force', '--wait=false');
    return async () => {
      const end = Date.now() + READY_S * 1000;
      const state = ['-o', 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}'];
      for (;;) {
        const now = await this.kubectl('get', 'pod', name, '--ignore-not-found', ...state);
        if (now.endsWith(' True') && !now.startsWith(uid)) break;
        if (Date.now() > end) throw new Error(`${name} did not come back: ${now}`);
        await pause(500);
      }
      await this.ready();
    };
  }

  /** The object, its pods and its claims, as `kubectl delete -f datacenter.yaml` leaves them: gone. */
  async delete(): Promise<void> {
    await this.kubectl('delete', 'cassandradatacenter', this.name, '--ignore-not-found', '--timeout=300s');
    await this.kubectl('wait', '--for=delete', 'pod', '-l', this.#labels, '--timeout=300s');
    await this.kubectl('delete', 'pvc', '-l', this.#labels, '--ignore-not-found', '--timeout=120s');
  }

  /** As cass-operator names the claims of its only rack, `default`. */
  #claims(): readonly string[] {
    const pods = `${dnsName(this.cluster)}-${this.name}-default-sts`;
    return Array.from({ length: this.size }, (_, i) => `server-data-${pods}-${i}`);
  }

  async pods(): Promise<readonly Pod[]> {
    const { items } = JSON.parse(await this.kubectl('get', 'pods', '-l', this.#labels, '-o', 'json')) as {
      items: readonly { metadata: { name: string }; status: { podIP?: string } }[];
    };
    return items.map(({ metadata: { name }, status }) => ({
      name,
      ip: status.podIP ?? '',
      claim: `server-data-${name}`,
    }));
  }

  async connect(agreementSeconds = 0): Promise<Client> {
    const secret = JSON.parse(
      await this.kubectl('get', 'secret', `${dnsName(this.cluster)}-superuser`, '-o', 'json'),
    ) as { data: Record<string, string> };
    const text = (key: string) => Buffer.from(secret.data[key] ?? '', 'base64').toString();
    return connectDataset({
      contactPoints: (await this.pods()).map((p) => p.ip),
      port: 9042,
      datacenter: this.name,
      username: text('username'),
      password: text('password'),
      agreementSeconds,
    });
  }

  /** Flush and compaction on all nodes. */
  storage(): StorageControl {
    return storageJobs(async () => (await this.pods()).map((p) => p.ip));
  }

  async events(): Promise<readonly DatacenterEvent[]> {
    const only = `--field-selector=involvedObject.kind=CassandraDatacenter,involvedObject.name=${this.name}`;
    const { items } = JSON.parse(await this.kubectl('get', 'events', only, '-o', 'json')) as {
      items: readonly DatacenterEvent[];
    };
    return items;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.bed.kubectl(['--namespace', this.namespace, ...args]);
  }

  get #labels(): string {
    return `cassandra.datastax.com/cluster=${labelValue(this.cluster)},cassandra.datastax.com/datacenter=${this.name}`;
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
}

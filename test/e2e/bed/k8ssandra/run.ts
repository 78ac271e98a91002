import { setTimeout as pause } from 'node:timers/promises';
import { apply } from '../kubernetes/kubectl.ts';
import { untilReady } from '../machine/processes.ts';
import type { Places } from '../places.ts';
import { readObject } from '../probe.ts';
import { objectsIn } from './api.ts';
import { K8ssandraController } from './controller.ts';
import { K8SSANDRA_DEFINITIONS } from './definitions.ts';
import { alterBy } from './management.ts';
import { ANNOTATIONS, type KubeObject, type ObjectApi } from './objects.ts';

/** The controller at work on one K8ssandraCluster, in this process. */
export interface K8ssandraRun {
  /** When it has ended what it is doing. */
  stop(): Promise<void>;
}

/** k8ssandra-operator looks when something has changed, and after 15 s. */
const PAUSE_MS = 2000;

/** Until it is stopped. @param tell what the object says, whenever that has changed */
export async function runK8ssandra(
  places: Places,
  namespace: string,
  name: string,
  tell: (line: string) => void,
): Promise<K8ssandraRun> {
  await apply(places, K8SSANDRA_DEFINITIONS);
  // Not `kubectl wait`: it fails on a definition that is too young to have a status.
  await untilReady(places, 'kube-apiserver', async () => {
    const lists = await Promise.all(SERVED.map((path) => readObject(places, `${path}?limit=1`)));
    return lists.every((list) => list !== undefined);
  });
  const ended = new AbortController();
  const work = goOn(objectsIn(places), namespace, name, tell, ended.signal);
  return {
    async stop() {
      ended.abort();
      await work;
    },
  };
}

const SERVED = K8SSANDRA_DEFINITIONS.map(
  ({ spec: { group, names } }) => `/apis/${group}/v1alpha1/${names.plural}`,
);

async function goOn(
  api: ObjectApi,
  namespace: string,
  name: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const controller = new K8ssandraController(api, alterBy(api));
  const from = Date.now();
  let last = '';
  while (!signal.aborted) {
    const now = await controller
      .reconcile(namespace, name)
      .then(() => api.get('K8ssandraCluster', namespace, name))
      .then(stateOf, (error: unknown) => `again after ${error instanceof Error ? error.message : error}`);
    if (now !== last) tell(`K8ssandraCluster ${namespace}/${name} after ${seconds(from)} s: ${now}`);
    last = now;
    await pause(PAUSE_MS, undefined, { signal }).catch(() => {});
  }
}

const seconds = (from: number) => ((Date.now() - from) / 1000).toFixed(0);

/** In one line. */
export function stateOf(cluster: KubeObject | null): string {
  if (cluster === null) return 'not there';
  const { status, metadata } = cluster;
  const { error, datacenters, observedGeneration } = { error: undefined, ...status } as Readonly<
    Record<string, unknown>
  >;
  return [
    `datacenters in the status: ${Object.keys(datacenters ?? {}).join(', ') || 'none'}`,
    `error ${error}`,
    `rebuilds ${metadata.annotations?.[ANNOTATIONS.rebuild] ?? 'none'}`,
    `generation ${observedGeneration} of ${metadata.generation}`,
  ].join('; ');
}

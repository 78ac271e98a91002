import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { kubectl } from '../kubernetes/kubectl.ts';
import type { Places } from '../places.ts';
import { send, watchObjects } from './api-watch.ts';

/*
 * cass-operator stands still for 20 s after it has started a node, and for 5 s after a datacenter has become ready,
 * whatever happens meanwhile: both only spare the API server. It reads in the datacenter's status until when. Of the 163 s
 * that three nodes took, these pauses were 60.
 *
 * A pod whose container ended while its Cassandra started it deletes as well, ten minutes later. Such a one is deleted at once,
 * and what its log says is printed.
 */
const DATACENTERS = '/apis/cassandra.datastax.com/v1beta1';
const NODE_STATE = 'cassandra.datastax.com/node-state';
const LONG_AGO = '1970-01-01T00:00:00Z';
const SETTLE_MS = 5000;
/** How many Cassandra processes there are; the pattern does not match itself. */
const IS_RUNNING = 'grep -l "kassette[.]Cassandra" /proc/[0-9]*/cmdline 2>/dev/null | wc -l';
const LOG = 'tail -n 40 /var/log/cassandra/console.log';

const datacenter = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  status: z.object({ lastServerNodeStarted: z.string().nullish(), quietPeriod: z.string().nullish() }),
});

const pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()),
  }),
  status: z.object({
    containerStatuses: z
      .array(
        z.object({
          name: z.string(),
          state: z.object({ running: z.unknown() }),
          lastState: z.object({ terminated: z.unknown() }),
        }),
      )
      .default([]),
  }),
});
type Pod = z.infer<typeof pod>;

/** Ends every such pause of every datacenter as soon as it begins, until disposed of. */
export function skipOperatorPauses(places: Places): Disposable {
  const ended = new AbortController();
  const { signal } = ended;
  void watchObjects(
    places,
    `${DATACENTERS}/cassandradatacenters`,
    (o) => endPauses(places, o, signal),
    signal,
  );
  const started = new Set<string>();
  const selector = encodeURIComponent(`${NODE_STATE}=Starting`);
  void watchObjects(
    places,
    `/api/v1/pods?labelSelector=${selector}`,
    (o) => deleteStuck(places, o, started),
    signal,
  );
  return { [Symbol.dispose]: () => ended.abort() };
}

async function endPauses(places: Places, object: unknown, signal: AbortSignal): Promise<void> {
  const { data } = datacenter.safeParse(object);
  if (data === undefined) return;
  const { name, namespace } = data.metadata;
  const pauses = Object.entries(data.status).filter(
    ([, moment]) => Date.parse(moment ?? LONG_AGO) > Date.parse(LONG_AGO),
  );
  if (pauses.length === 0) return;
  const status = Object.fromEntries(pauses.map(([field]) => [field, LONG_AGO]));
  const path = `${DATACENTERS}/namespaces/${namespace}/cassandradatacenters/${name}/status`;
  const answer = await send(places, path, { method: 'PATCH', signal }, JSON.stringify({ status }));
  answer.resume();
}

/** @param seen uids of the pods that were deleted so */
async function deleteStuck(places: Places, object: unknown, seen: Set<string>): Promise<void> {
  const { data } = pod.safeParse(object);
  if (data === undefined || !mayBeStuck(data) || seen.has(data.metadata.uid)) return;
  const { name, namespace, uid } = data.metadata;
  const inPod = (command: string) => {
    const exec = ['exec', name, '-c', 'cassandra', '--', 'sh', '-c', command];
    return kubectl(places, ['--namespace', namespace, ...exec]);
  };
  // One that has ended before it was asked to start Cassandra is asked afterwards.
  await pause(SETTLE_MS);
  if ((await inPod(IS_RUNNING)).trim() !== '0') return;
  seen.add(uid);
  const log = await inPod(LOG).catch(String);
  console.log(`${namespace}/${name}: Cassandra ended while it started; the pod is started anew.\n${log}`);
  const remove = ['delete', 'pod', name, '--wait=false', '--ignore-not-found'];
  await kubectl(places, ['--namespace', namespace, ...remove]);
}

/** Its container was asked to start Cassandra, and has ended and started since, or before. */
function mayBeStuck({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const cassandra = status.containerStatuses.find((c) => c.name === 'cassandra');
  return cassandra?.state.running !== undefined && cassandra.lastState.terminated !== undefined;
}

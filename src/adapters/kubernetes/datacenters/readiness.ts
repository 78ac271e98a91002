import { type PodProgress, STOPPED_FOR_COLD, type Unready } from '../../../domain/cluster/topology.ts';
import { STARTING, unscheduled } from '../client/pod-states.ts';
import { type CassandraDatacenter, dnsName, LABELS, type Pod } from '../client/resources.ts';
import type { Warning } from '../client/warnings.ts';
import { coldStage } from './cold-mark.ts';

/** Conditions of a CassandraDatacenter that say that cass-operator is at work on its nodes. */
const AT_WORK: Readonly<Record<string, string>> = {
  Stopped: 'is stopped',
  Resuming: 'is being resumed',
  ReplacingNodes: 'has nodes that are being replaced',
  ScalingUp: 'is being scaled up',
  ScalingDown: 'is being scaled down',
  Decommission: 'is being decommissioned',
  Updating: 'is being updated',
  RollingRestart: 'is being restarted',
  ResizingVolumes: 'has volumes that are being resized',
};

/**
 * Why a datacenter is not in the state in which its nodes can be worked with; null where it is.
 * @param warnings events about pods, the latest last
 */
export function unready(
  datacenter: CassandraDatacenter,
  pods: readonly Pod[],
  warnings: readonly Warning[] = [],
): Unready | null {
  const { metadata, spec } = datacenter;
  if (metadata.deletionTimestamp) return { reason: 'is being deleted', passing: false };
  if (coldStage(datacenter) !== undefined) return { reason: STOPPED_FOR_COLD, passing: false };
  if (spec.stopped) return { reason: 'is stopped (spec.stopped)', passing: false };
  const waiting = pods.map((p) => waitsFor(p, warnings)).filter((w) => w !== null);
  const work = atWork(datacenter);
  const why = work ?? (isReady(datacenter) ? null : 'is not ready') ?? podsAreNotReady(waiting);
  if (why === null && pods.length === spec.size) return null;
  const counted = why ?? `has ${pods.length} of ${spec.size} pods`;
  const notMade = pods.length < spec.size ? refusalOfPods(datacenter, warnings) : [];
  return { reason: [counted, ...waiting, ...notMade].join('; '), passing: true, atWork: work !== null };
}

/** Why the StatefulSet controller gets no pod for the datacenter: a quota, a policy. cass-operator names them after the cluster. */
function refusalOfPods({ spec }: CassandraDatacenter, warnings: readonly Warning[]): readonly string[] {
  const own = new RegExp(`^${dnsName(spec.clusterName)}-.*-sts$`);
  const last = warnings.findLast((w) => w.reason === 'FailedCreate' && own.test(w.name));
  return last === undefined ? [] : [last.message];
}

function podsAreNotReady(waiting: readonly string[]): string | null {
  return waiting.length > 0 ? 'has pods that are not ready' : null;
}

function isReady(datacenter: CassandraDatacenter): boolean {
  return isTrue(datacenter, 'Ready');
}

function isTrue({ status }: CassandraDatacenter, type: string): boolean {
  return status?.conditions.some((c) => c.type === type && c.status === 'True') ?? false;
}

/** What cass-operator labels a pod with while it brings its Cassandra up. */
const STATES: Readonly<Record<string, number>> = {
  'Ready-to-Start': 0,
  Starting: 1,
  Started: 2,
  'Started-not-Ready': 2,
};
const LAST_STATE = 2;

/** Whether a pod that has a place waits for its volumes, network or image: why it does is in its events alone. */
export function isStarting({
  status: { conditions, containerStatuses, initContainerStatuses },
}: Pod): boolean {
  const hasPlace = conditions.some((c) => c.type === 'PodScheduled' && c.status === 'True');
  const all = [...initContainerStatuses, ...containerStatuses];
  return hasPlace && all.length > 0 && all.every((c) => STARTING.includes(c.state.waiting?.reason ?? ''));
}

export function podProgress(pod: Pod): PodProgress {
  const { name, uid, labels, deletionTimestamp } = pod.metadata;
  const { conditions, containerStatuses, initContainerStatuses, podIP } = pod.status;
  const has = (type: string, status = 'True') =>
    conditions.some((c) => c.type === type && c.status === status);
  const state = STATES[labels[LABELS.state] ?? ''] ?? 0;
  const isUp = has('Ready') && podIP !== undefined && !deletionTimestamp;
  const waits = [...initContainerStatuses, ...containerStatuses].map((c) => c.state.waiting?.reason);
  const isStuck =
    unscheduled(conditions) !== undefined ||
    waits.some((w) => w !== undefined && !STARTING.includes(w)) ||
    state === LAST_STATE;
  return {
    name,
    id: uid ?? podIP ?? '',
    steps: Number(has('PodScheduled')) + Number(has('Initialized')) + state,
    ready: isUp,
    coming: !isUp && (deletionTimestamp !== undefined || !isStuck),
  };
}

function atWork(datacenter: CassandraDatacenter): string | null {
  const { spec, status } = datacenter;
  if (status === undefined) return 'is being created';
  const work = Object.keys(AT_WORK).find((type) => isTrue(datacenter, type));
  if (work !== undefined) return AT_WORK[work] ?? null;
  const replaced = [...spec.replaceNodes, ...(status.nodeReplacements ?? [])];
  if (replaced.length > 0) return `has pods to be replaced (${replaced.join(', ')})`;
  if (!isTrue(datacenter, 'Initialized')) return 'is being created';
  if (status.cassandraOperatorProgress === 'Ready') return null;
  return `is being worked on by cass-operator (progress ${status.cassandraOperatorProgress ?? 'unknown'})`;
}

/** `pod-0: container cassandra waits: CrashLoopBackOff`; null where the pod is ready. */
function waitsFor(pod: Pod, warnings: readonly Warning[]): string | null {
  const { name, uid, labels, deletionTimestamp } = pod.metadata;
  const { conditions, containerStatuses, initContainerStatuses, podIP } = pod.status;
  if (deletionTimestamp) return `${name}: is being deleted`;
  if (conditions.some((c) => c.type === 'Ready' && c.status === 'True') && podIP !== undefined) return null;
  const noPlace = unscheduled(conditions);
  if (noPlace !== undefined) return `${name}: not scheduled: ${noPlace.message}`;
  const stuck = [...initContainerStatuses, ...containerStatuses].find((c) => c.state.waiting?.reason);
  if (stuck !== undefined) {
    const { reason, message: said } = stuck.state.waiting ?? {};
    const message = said ?? (isStarting(pod) ? warnings.findLast((w) => w.uid === uid)?.message : undefined);
    return `${name}: container ${stuck.name} waits: ${reason}${message === undefined ? '' : ` (${message})`}`;
  }
  const state = labels[LABELS.state];
  return `${name}: ${state === undefined ? 'not ready' : `Cassandra is ${state}`}`;
}

import { STOPPED_FOR_COLD, type Unready } from '../../domain/topology.ts';
import { coldStage } from './cold-mark.ts';
import { type CassandraDatacenter, LABELS, type Pod } from './resources.ts';

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

/** Why a datacenter is not in the state in which its nodes can be worked with; null where it is. */
export function unready(datacenter: CassandraDatacenter, pods: readonly Pod[]): Unready | null {
  const { metadata, spec } = datacenter;
  if (metadata.deletionTimestamp) return { reason: 'is being deleted', passing: false };
  if (coldStage(datacenter) !== undefined) return { reason: STOPPED_FOR_COLD, passing: false };
  if (spec.stopped) return { reason: 'is stopped (spec.stopped)', passing: false };
  const waiting = pods.map(waitsFor).filter((w) => w !== null);
  const why = atWork(datacenter) ?? (waiting.length > 0 ? 'has pods that are not ready' : null);
  if (why === null && pods.length === spec.size) return null;
  const counted = why ?? `has ${pods.length} of ${spec.size} pods`;
  return { reason: [counted, ...waiting].join('; '), passing: true };
}

function atWork({ spec, status }: CassandraDatacenter): string | null {
  if (status === undefined) return 'is being created';
  const isTrue = (type: string) => status.conditions.some((c) => c.type === type && c.status === 'True');
  const work = Object.keys(AT_WORK).find(isTrue);
  if (work !== undefined) return AT_WORK[work] ?? null;
  const replaced = [...spec.replaceNodes, ...(status.nodeReplacements ?? [])];
  if (replaced.length > 0) return `has pods to be replaced (${replaced.join(', ')})`;
  if (!isTrue('Initialized')) return 'is being created';
  if (status.cassandraOperatorProgress !== 'Ready') {
    return `is being worked on by cass-operator (progress ${status.cassandraOperatorProgress ?? 'unknown'})`;
  }
  return isTrue('Ready') ? null : 'is not ready';
}

/** `pod-0: container cassandra waits: CrashLoopBackOff`; null where the pod is ready. */
function waitsFor(pod: Pod): string | null {
  const { name, labels, deletionTimestamp } = pod.metadata;
  const { conditions, containerStatuses, initContainerStatuses, podIP } = pod.status;
  if (deletionTimestamp) return `${name}: is being deleted`;
  if (conditions.some((c) => c.type === 'Ready' && c.status === 'True') && podIP !== undefined) return null;
  const unscheduled = conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  if (unscheduled !== undefined) return `${name}: not scheduled: ${unscheduled.message}`;
  const stuck = [...initContainerStatuses, ...containerStatuses].find((c) => c.state.waiting?.reason);
  if (stuck !== undefined) {
    const { reason, message } = stuck.state.waiting ?? {};
    return `${name}: container ${stuck.name} waits: ${reason}${message === undefined ? '' : ` (${message})`}`;
  }
  const state = labels[LABELS.state];
  return `${name}: ${state === undefined ? 'not ready' : `Cassandra is ${state}`}`;
}

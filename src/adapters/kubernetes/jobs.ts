import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { LOOKING, RECOVERING } from '../../domain/rights.ts';
import { call, statusOf } from './calls.ts';
import type { Connection } from './connection.ts';

export const POLL_MS = 500;

export interface JobObject extends V1Job {
  readonly metadata: V1ObjectMeta & { readonly name: string; readonly namespace: string };
}

export async function createJob({ batch, namespace }: Connection, job: JobObject): Promise<void> {
  try {
    await call(RECOVERING.jobsMake, namespace, () => batch.createNamespacedJob({ namespace, body: job }));
  } catch (error) {
    // A repeated call may meet what its first attempt made.
    if (statusOf(error) !== 409) throw error;
  }
}

/** Also a run that goes on after whoever began it was killed: it holds on to nothing that a new one needs. */
export async function removeJob({ batch, core, namespace }: Connection, name: string): Promise<void> {
  try {
    await call(RECOVERING.jobsRemove, namespace, () =>
      batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Foreground' }),
    );
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw error;
  }
  const labelSelector = `job-name=${name}`;
  for (;;) {
    const { items } = await call(LOOKING.pods, namespace, () =>
      core.listNamespacedPod({ namespace, labelSelector }),
    );
    const gone = await batch.readNamespacedJob({ namespace, name }).then(
      () => false,
      (error) => statusOf(error) === 404,
    );
    if (gone && items.length === 0) return;
    await pause(POLL_MS);
  }
}

export async function podOfJob({ core, namespace }: Connection, name: string): Promise<V1Pod | undefined> {
  const labelSelector = `job-name=${name}`;
  const { items } = await call(LOOKING.pods, namespace, () =>
    core.listNamespacedPod({ namespace, labelSelector }),
  );
  return items[0];
}

/** Why a Job's pod does not run yet, as Kubernetes has it. */
export function whyNotStarted(pod: V1Pod | undefined): string {
  const { containerStatuses = [], conditions = [] } = pod?.status ?? {};
  const waiting = containerStatuses[0]?.state?.waiting;
  const unscheduled = conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
  return waiting?.message ?? waiting?.reason ?? unscheduled?.message ?? 'it has no pod';
}

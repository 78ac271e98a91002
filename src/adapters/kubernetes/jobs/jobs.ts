import type { V1Job, V1ObjectMeta, V1Pod } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { CLEANING, READ } from '../../../domain/rights.ts';
import { until } from '../../../ports/until.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';

export const POLL_MS = 500;
/** A pod of an earlier run may have to be ended first, for which it has half a minute. */
const REMOVAL_MS = 120_000;

export interface JobObject extends V1Job {
  readonly metadata: V1ObjectMeta & { readonly name: string; readonly namespace: string };
}

/** What the pod security level `restricted` asks of a container, and a root file system that nothing can be written to. */
export const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

export async function createJob({ batch, namespace }: Connection, job: JobObject): Promise<void> {
  try {
    await call(CLEANING.jobsMake, namespace, () => batch.createNamespacedJob({ namespace, body: job }));
  } catch (error) {
    // A repeated call may meet what its first attempt made.
    if (statusOf(error) !== 409) throw error;
  }
}

/** Also a run that continues after its caller was killed: it holds on to nothing that a new one needs. */
export async function removeJob(connection: Connection, name: string): Promise<void> {
  const { batch, namespace } = connection;
  try {
    await call(CLEANING.jobsRemove, namespace, () =>
      batch.deleteNamespacedJob({ namespace, name, propagationPolicy: 'Foreground' }),
    );
  } catch (error) {
    if (statusOf(error) === 404) return;
    throw error;
  }
  const look = async () => {
    const isLeft =
      (await jobNamed(connection, name)) !== undefined || (await podOfJob(connection, name)) !== undefined;
    return isLeft ? null : { found: true };
  };
  await until(look, { every: POLL_MS, within: REMOVAL_MS, late: () => notRemoved(name) });
}

/** Undefined where it is gone. */
export async function jobNamed({ batch, namespace }: Connection, name: string): Promise<V1Job | undefined> {
  try {
    return await call(CLEANING.jobsRead, namespace, () => batch.readNamespacedJob({ namespace, name }));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

export async function podOfJob({ core, namespace }: Connection, name: string): Promise<V1Pod | undefined> {
  const labelSelector = `job-name=${name}`;
  const { items } = await call(READ.pods, namespace, () =>
    core.listNamespacedPod({ namespace, labelSelector }),
  );
  return items[0];
}

function notRemoved(name: string): KassetteError {
  return new KassetteError(
    'JOB_FAILED',
    `Job ${name} was removed, but it or its pod is still there.`,
    'Find out what keeps it, such as a lost node of Kubernetes; then run the command again.',
  );
}

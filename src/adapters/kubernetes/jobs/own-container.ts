import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/*
 * A pod may have got more containers than it was made with: proxies of a mesh, agents. They come before and after the own one in the
 * lists, and may run for ever; so nothing is read by its place, and the pod's phase says little.
 */

export function ownStatus(pod: V1Pod | undefined, name: string): V1ContainerStatus | undefined {
  return pod?.status?.containerStatuses?.find((c) => c.name === name);
}

/** Whether the container runs or has run. */
export function hasStarted(pod: V1Pod | undefined, name: string): boolean {
  const state = ownStatus(pod, name)?.state;
  if (state?.running !== undefined || state?.terminated !== undefined) return true;
  return hasPodEnded(pod) || (state === undefined && pod?.status?.phase === 'Running');
}

export function hasEnded(pod: V1Pod | undefined, name: string): boolean {
  return hasPodEnded(pod) || ownStatus(pod, name)?.state?.terminated !== undefined;
}

function hasPodEnded(pod: V1Pod | undefined): boolean {
  return pod?.status?.phase === 'Succeeded' || pod?.status?.phase === 'Failed';
}

/** `OOMKilled (exit status 137)`, or why the machine did not run it; undefined where it ended as programs do. */
export function endedFromOutside(pod: V1Pod | undefined, name: string): string | undefined {
  const { reason, exitCode } = ownStatus(pod, name)?.state?.terminated ?? {};
  if (reason !== undefined && !['Completed', 'Error'].includes(reason))
    return `${reason} (exit status ${exitCode})`;
  const { phase, reason: why, message } = pod?.status ?? {};
  return phase === 'Failed' && why !== undefined
    ? `${why}${message === undefined ? '' : `: ${message}`}`
    : undefined;
}

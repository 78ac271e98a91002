/** Reasons for which a container waits that belong to every start, and say nothing. */
export const STARTING: readonly string[] = ['PodInitializing', 'ContainerCreating'];

/** What says that the scheduler has found no place for a pod, and why; undefined where nothing says so. */
export function unscheduled<C extends { readonly type: string; readonly status: string }>(
  conditions: readonly C[] = [],
): C | undefined {
  return conditions.find((c) => c.type === 'PodScheduled' && c.status === 'False');
}

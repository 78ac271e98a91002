/** A namespace of one Kubernetes: two of these may each have one of the same name. */
export interface Location {
  readonly namespace: string;
  /** What k8ssandra-operator calls that Kubernetes (`k8sContext`, the name of a ClientConfig); undefined for that of the K8ssandraCluster. */
  readonly k8sContext?: string | undefined;
  /** The context of the kubeconfig that leads there, where it is another Kubernetes. */
  readonly reachedBy?: string | undefined;
}

export function isSameLocation(a: Location, b: Location): boolean {
  return a.namespace === b.namespace && a.k8sContext === b.k8sContext;
}

/**
 * Each once, in the order in which leases are taken: by the names that the spec has for its Kubernetes clusters, then by namespaces, in code units. It is
 * the same on every machine, whatever kubeconfigs call the contexts.
 */
export function inOrder<T extends Location>(all: readonly T[]): readonly T[] {
  return all
    .filter((l, i) => all.findIndex((other) => isSameLocation(l, other)) === i)
    .toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
}

function isBefore(a: Location, b: Location): boolean {
  const [one = '', other = ''] = [a.k8sContext, b.k8sContext];
  return one === other ? a.namespace < b.namespace : one < other;
}

/** `namespace b`, `namespace b of k8sContext east`. */
export function locationText(location: Location): string {
  return `namespace ${placeName(location)}`;
}

/** The same without the word. */
export function placeName({ namespace, k8sContext }: Location): string {
  return k8sContext === undefined ? namespace : `${namespace} of k8sContext ${k8sContext}`;
}

/** For kubectl. */
export function flagsTo({ namespace, reachedBy }: Location): readonly string[] {
  return ['--namespace', namespace, ...(reachedBy === undefined ? [] : ['--context', reachedBy])];
}

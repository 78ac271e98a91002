import { joined } from '../../../src/adapters/kubernetes/k8ssandra/joined/joined.ts';
import type { NamespaceAdapters } from '../../../src/adapters/kubernetes/namespace.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { locationOf, simulatedSpec } from './above.ts';

/** What is special to one namespace. */
export interface Place
  extends Pick<Ports, 'datacenters' | 'clones' | 'recovery' | 'lease' | 'events' | 'runs'> {
  readonly namespace: string;
  readonly shell: NodeShell;
}

/** Datacenters in several namespaces as one K8ssandraCluster, by what joins them in earnest. */
export function inNamespaces(
  namespaces: Readonly<Record<string, string>>,
  placeIn: (namespace: string) => Place,
  checkRestorable: () => Promise<void>,
  warn: (message: string) => void,
): Place {
  const all = [...new Set(Object.values(namespaces))];
  // What is reached through Kubernetes alone has no part here.
  const parts = all.map(
    (n) =>
      ({ ...placeIn(n), ...locationOf(n), found: new Map(), kasten: {} }) as unknown as NamespaceAdapters,
  );
  return joined(simulatedSpec(namespaces), parts, checkRestorable, warn);
}

import type { Check } from './diagnose.ts';
import { problem } from './finding.ts';

/** A check; `namespace` where there are several and it is about one. */
export type NamespaceCheck = Check & { readonly namespace?: string };

export interface ExaminedNamespace {
  readonly namespace: string;
  readonly checks: readonly Check[];
}

/** What looks at all nodes, and finds the same from each namespace. */
const OF_ALL: readonly string[] = ['volumes', 'cassandra'];

/** What was found for each namespace of one cluster as one list; of one namespace as it is. */
export function together(examined: readonly ExaminedNamespace[]): readonly NamespaceCheck[] {
  const [first] = examined;
  if (examined.length <= 1) return first?.checks ?? [];
  const own = examined.flatMap(({ namespace, checks }) =>
    checks.filter((c) => !OF_ALL.includes(c.check)).map((c) => ({ ...c, namespace })),
  );
  const ofAll = first?.checks.filter((c) => OF_ALL.includes(c.check)) ?? [];
  return [...own, ...ofAll, { check: 'namespaces', findings: [hooksOfOne(examined)] }];
}

/** A hook is called for one namespace, and its command refuses a part of a ring. */
function hooksOfOne(examined: readonly ExaminedNamespace[]) {
  const names = examined.map((e) => e.namespace).join(', ');
  return problem(
    `The datacenters of this ring are in ${names}. Kasten calls its hooks for one namespace at a time, and kassette refuses a part of a ring there (PARTIAL_CLUSTER), so that Kasten makes no backup of it.`,
    'Until hooks of several namespaces join one backup: docs/how-to/k8ssandracluster.md says what works, and what does not.',
  );
}

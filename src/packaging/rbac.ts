import { CHANGING, LOOKING, OUTSIDE, RECOVERING, type Right } from '../domain/rights.ts';

export interface RbacOptions {
  /** Where the service account lives. */
  readonly namespace: string;
  /** `namespace`: rights in that namespace only; `cluster`: in every namespace. */
  readonly scope: 'namespace' | 'cluster';
  /** Only these secrets may be read; any of the namespace where none is named. */
  readonly secrets?: readonly string[];
  /** For people outside the cluster, who reach the nodes through tunnels. */
  readonly outside?: boolean;
}

const NAME = 'kassette';
const LABELS = { 'app.kubernetes.io/name': NAME };

/** Service account, role and binding: the rights that the commands check for, and no other. */
export function rbac(options: RbacOptions): readonly object[] {
  const { namespace, scope } = options;
  const wide = scope === 'cluster';
  const kind = wide ? 'ClusterRole' : 'Role';
  const metadata = { name: NAME, ...(wide ? {} : { namespace }), labels: LABELS };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace, labels: LABELS } },
    { apiVersion, kind, metadata, rules: rules(options) },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace }],
    },
  ];
}

/** One rule for each resource. */
function rules({ secrets = [], outside = false }: RbacOptions): readonly object[] {
  const rights: readonly Right[] = [
    ...Object.values(LOOKING),
    ...Object.values(CHANGING),
    ...Object.values(RECOVERING),
    ...(outside ? Object.values(OUTSIDE) : []),
  ];
  return [...Map.groupBy(rights, (r) => `${r.group}/${r.resource}`).values()].map((own) => {
    const { group, resource } = own[0] as Right;
    const named = resource === 'secrets' && secrets.length > 0 ? { resourceNames: secrets } : {};
    return { apiGroups: [group], resources: [resource], ...named, verbs: own.map((r) => r.verb) };
  });
}

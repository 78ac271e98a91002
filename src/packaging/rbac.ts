import type { K8ssandraName } from '../domain/k8ssandra/members.ts';
import {
  besideK8ssandra,
  CLONING,
  DIAGNOSE,
  EXPLAINING,
  OUTSIDE,
  onK8ssandra,
  READ,
  RECOVERING,
  type Right,
  SEE_KEPT_BEFORE,
  WRITE,
} from '../domain/rights.ts';
import type { Names, OrExpression } from './settings.ts';

export interface RbacOptions {
  /** Of the datacenters. */
  readonly namespace: string;
  /** Who is granted the rights, and is there already; without it the service account `kassette` in that namespace is made. */
  readonly account?: ServiceAccountName | undefined;
  /** `namespace`: rights in that namespace only; `cluster`: in every namespace. */
  readonly scope: 'namespace' | 'cluster';
  /** Which secrets may be read there. */
  readonly secrets: Names;
  /** For people outside the cluster, who reach the nodes through tunnels. */
  readonly outside?: boolean;
}

export interface ServiceAccountName {
  readonly namespace: string;
  readonly name: string;
}

const NAME = 'kassette';
const LABELS = { 'app.kubernetes.io/name': NAME };
const VERSION = 'rbac.authorization.k8s.io/v1';

/** Service account, role and binding: the rights that the commands check for, and no other. */
export function rbac(options: RbacOptions): readonly object[] {
  const { namespace, account, scope, secrets, outside = false } = options;
  const rights = outside ? [...COMMANDS, ...Object.values(OUTSIDE)] : COMMANDS;
  const whom = account ?? { namespace, name: NAME };
  return [
    ...(account === undefined ? [serviceAccount(namespace)] : []),
    ...role({
      ...{ rights, secrets, account: whom.namespace, accountName: whom.name },
      ...(scope === 'cluster' ? {} : { namespace }),
    }),
  ];
}

export interface K8ssandraRbacOptions extends Pick<RbacOptions, 'account' | 'outside'> {
  readonly cluster: K8ssandraName;
  /** Whether the object is in the Kubernetes that the rights are for, and not only datacenters of it. */
  readonly hasObject?: boolean;
  /** By each namespace that has datacenters of it: which secrets may be read there. */
  readonly secrets: ReadonlyMap<string, Names>;
}

/**
 * The same for a K8ssandraCluster in one Kubernetes: in the namespaces of its datacenters there, and the rights on the object itself. Its roles are its own, so that
 * nothing is taken from what else is granted there.
 */
export function k8ssandraRbac(options: K8ssandraRbacOptions): readonly object[] {
  const { cluster, hasObject = true, secrets, account, outside = false } = options;
  const rights = [...COMMANDS, ...besideK8ssandra(cluster.name), ...(outside ? Object.values(OUTSIDE) : [])];
  const [first = cluster.namespace] = hasObject ? [] : secrets.keys();
  const whom = account ?? { namespace: first, name: NAME };
  const own = hasObject ? [...onK8ssandra(cluster.name), SEE_KEPT_BEFORE] : [];
  const granted = new Map([...(hasObject ? [[cluster.namespace, []] as const] : []), ...secrets]);
  return [
    ...(account === undefined ? [serviceAccount(whom.namespace)] : []),
    ...[...granted].flatMap(([namespace, names]) =>
      role({
        ...{ namespace, account: whom.namespace, accountName: whom.name, secrets: names },
        of: `k8ssandra:${cluster.namespace}:${cluster.name}`,
        rights: [...(secrets.has(namespace) ? rights : []), ...(namespace === cluster.namespace ? own : [])],
      }),
    ),
  ];
}

/** Needed by all that a hook may run. */
const COMMANDS: readonly Right[] = [
  ...Object.values(READ),
  ...Object.values(WRITE),
  ...Object.values(RECOVERING),
  ...Object.values(CLONING),
  ...Object.values(EXPLAINING),
];

export function serviceAccount(namespace: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace, labels: LABELS } };
}

export interface RightsOptions {
  /** The service account's namespace. */
  readonly account: string;
  /** Where the rights hold; everywhere where it is left out. */
  readonly namespace?: string;
  readonly secrets: OrExpression<Names>;
}

/** What the commands need, for a service account that may live in another namespace. */
export function commandRights(options: RightsOptions): readonly object[] {
  return role({ rights: COMMANDS, ...options });
}

/** What doctor needs besides, but for the namespaces of the datacenters. */
export function doctorRights(account: string, kastenNamespace: string): readonly object[] {
  const { kasten, own } = DIAGNOSE;
  const whose = { account, secrets: [] };
  return [
    ...role({ rights: Object.values(kasten), of: 'doctor', namespace: kastenNamespace, ...whose }),
    ...role({ rights: Object.values(own), of: 'doctor-own', namespace: account, ...whose }),
  ];
}

/** The same in a namespace of datacenters, or in all of them. */
export function doctorDatacenterRights(options: Omit<RightsOptions, 'secrets'>): readonly object[] {
  return role({
    rights: Object.values(DIAGNOSE.datacenters),
    of: 'doctor-datacenters',
    secrets: [],
    ...options,
  });
}

interface RoleOptions extends RightsOptions {
  readonly rights: readonly Right[];
  readonly accountName?: string;
  /** What the rights are for, where that is not the commands. */
  readonly of?: string;
}

/**
 * A role with these rights, and its binding; of the cluster where no namespace is named. Both have the service account in their
 * name: two installations that meet in one cluster or namespace must not take each other's role, or bind it to another account.
 * A colon is no part of a namespace's or an account's name, so no two of these names are the same.
 */
function role({
  rights,
  account,
  accountName = NAME,
  namespace,
  secrets,
  of,
}: RoleOptions): readonly object[] {
  const name = [of === undefined ? NAME : `${NAME}-${of}`, account, accountName].join(':');
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels: LABELS };
  return [
    { apiVersion: VERSION, kind, metadata, rules: rules(rights, secrets) },
    {
      apiVersion: VERSION,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', name: accountName, namespace: account }],
    },
  ];
}

/** One rule for each resource and name. */
function rules(rights: readonly Right[], secrets: RoleOptions['secrets']): readonly object[] {
  const byObject = Map.groupBy(rights, (r) => `${r.group}/${r.resource}/${r.name ?? ''}`);
  return [...byObject.values()].flatMap((own) => {
    const { group, resource, name } = own[0] as Right;
    const any = name === undefined ? 'all' : [name];
    const names = resource === READ.secrets.resource && name === undefined ? secrets : any;
    // Kubernetes would take an empty list for every object.
    if (names.length === 0) return [];
    return {
      apiGroups: [group],
      resources: [resource],
      ...(names === 'all' ? {} : { resourceNames: names }),
      verbs: [...new Set(own.map((r) => r.verb))],
    };
  });
}

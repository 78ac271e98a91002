import { CLONING, DIAGNOSE, OUTSIDE, READ, RECOVERING, type Right, WRITE } from '../domain/rights.ts';
import type { OrExpression } from './settings.ts';

export interface RbacOptions {
  /** Of the datacenters. */
  readonly namespace: string;
  /** Who is granted the rights, and is there already; without it the service account `kassette` in that namespace is made. */
  readonly account?: ServiceAccountName | undefined;
  /** `namespace`: rights in that namespace only; `cluster`: in every namespace. */
  readonly scope: 'namespace' | 'cluster';
  /** Only these secrets may be read; any of the namespace where none is named. */
  readonly secrets?: readonly string[];
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
  const { namespace, account, scope, secrets = [], outside = false } = options;
  const rights = outside ? [...COMMANDS, ...Object.values(OUTSIDE)] : COMMANDS;
  const names = secrets.length === 0 ? undefined : secrets;
  const whom = account ?? { namespace, name: NAME };
  return [
    ...(account === undefined ? [serviceAccount(namespace)] : []),
    ...role({
      ...{ rights, secrets: names, account: whom.namespace, accountName: whom.name },
      ...(scope === 'cluster' ? {} : { namespace }),
    }),
  ];
}

/** Needed by all that a hook may run. */
const COMMANDS: readonly Right[] = [
  ...Object.values(READ),
  ...Object.values(WRITE),
  ...Object.values(RECOVERING),
  ...Object.values(CLONING),
];

export function serviceAccount(namespace: string): object {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: NAME, namespace, labels: LABELS } };
}

export interface RightsOptions {
  /** The service account's namespace. */
  readonly account: string;
  /** Where the rights hold; everywhere where it is left out. */
  readonly namespace?: string;
  readonly secrets?: OrExpression<readonly string[]> | undefined;
}

/** What the commands need, for a service account that may live in another namespace. */
export function commandRights(options: RightsOptions): readonly object[] {
  return role({ rights: COMMANDS, ...options });
}

/** What doctor needs besides, but for the namespaces of the datacenters. */
export function doctorRights(account: string, kastenNamespace: string): readonly object[] {
  const { kasten, own, cluster } = DIAGNOSE;
  return [
    ...role({ rights: Object.values(kasten), of: 'doctor', account, namespace: kastenNamespace }),
    ...role({ rights: Object.values(own), of: 'doctor-own', account, namespace: account }),
    ...role({ rights: Object.values(cluster), of: 'doctor', account }),
  ];
}

/** The same in a namespace of datacenters, or in all of them. */
export function doctorDatacenterRights(options: Omit<RightsOptions, 'secrets'>): readonly object[] {
  return role({
    rights: Object.values(DIAGNOSE.datacenters),
    of: 'doctor-datacenters',
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

/** One rule for each resource. */
function rules(rights: readonly Right[], secrets: RoleOptions['secrets']): readonly object[] {
  return [...Map.groupBy(rights, (r) => `${r.group}/${r.resource}`).values()].map((own) => {
    const { group, resource } = own[0] as Right;
    const named = resource === 'secrets' && secrets !== undefined ? { resourceNames: secrets } : {};
    return {
      apiGroups: [group],
      resources: [resource],
      ...named,
      verbs: [...new Set(own.map((r) => r.verb))],
    };
  });
}

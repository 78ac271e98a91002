/**
 * What a command does to the cluster, by which its RBAC rules are chosen: `write` keeps a lease and reports events; `diagnose` reports rights
 * that are missing as part of its result.
 */
export type Access = 'read' | 'write' | 'diagnose';

/** One thing that Kubernetes must allow. */
export interface Right {
  /** API group; empty for the core one. */
  readonly group: string;
  /** `pods`, or with a subresource `pods/exec`. */
  readonly resource: string;
  readonly verb: string;
  /** The one object that is meant; where it is left out, any of the namespace. */
  readonly name?: string;
  /** Ends the sentence `kassette needs it …`. */
  readonly purpose: string;
}

const CASSANDRA = 'cassandra.datastax.com';
const COORDINATION = 'coordination.k8s.io';

/** Of the lease by which one run at a time is at work in a namespace. */
export const LEASE_NAME = 'kassette';

/** Needed by every command, in the namespace of the datacenters. */
export const READ = {
  datacenters: {
    group: CASSANDRA,
    resource: 'cassandradatacenters',
    verb: 'list',
    purpose: 'to find the datacenters',
  },
  pods: { group: '', resource: 'pods', verb: 'list', purpose: 'to find the nodes' },
  // Granted and asked for by name: `toSecret`.
  secrets: {
    group: '',
    resource: 'secrets',
    verb: 'get',
    purpose: "for the superuser's password and the management API's certificates",
  },
  // A WebSocket begins as GET; newer API servers ask for create in any case.
  exec: { group: '', resource: 'pods/exec', verb: 'get', purpose: 'to run scripts on the data files' },
  execCreate: {
    group: '',
    resource: 'pods/exec',
    verb: 'create',
    purpose: 'to run scripts on the data files',
  },
} as const satisfies Record<string, Right>;

/** Needed besides by commands that change something. */
export const WRITE = {
  leaseRead: {
    group: COORDINATION,
    resource: 'leases',
    verb: 'get',
    name: LEASE_NAME,
    purpose: 'to see that no other run is active',
  },
  // Kubernetes does not know the name of what is created when it decides about it.
  leaseMake: { group: COORDINATION, resource: 'leases', verb: 'create', purpose: 'to exclude other runs' },
  leaseKeep: {
    group: COORDINATION,
    resource: 'leases',
    verb: 'update',
    name: LEASE_NAME,
    purpose: 'to exclude other runs',
  },
  events: {
    group: '',
    resource: 'events',
    verb: 'create',
    purpose: 'to record events on the datacenter',
  },
} as const satisfies Record<string, Right>;

/** Needed besides outside the cluster, where pod addresses lead nowhere. */
export const OUTSIDE = {
  forward: {
    group: '',
    resource: 'pods/portforward',
    verb: 'get',
    purpose: 'to reach the nodes from outside',
  },
  forwardCreate: {
    group: '',
    resource: 'pods/portforward',
    verb: 'create',
    purpose: 'to reach the nodes from outside',
  },
} as const satisfies Record<string, Right>;

/** Kubernetes has no verb for asking alone; whoever may create Jobs may have pods created in any case. */
const PODS_TRY: Right = {
  group: '',
  resource: 'pods',
  verb: 'create',
  purpose: 'to ask whether a pod would be admitted (dryRun); nothing is created',
};
const POLICIES: Right = {
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  verb: 'list',
  purpose: 'to see whether hooks may reach the nodes',
};

/** Needed by doctor alone, by the place that they are about; what is missing it says, and looks at the rest. */
export const DIAGNOSE = {
  /** In Kasten's namespace. */
  kasten: {
    policies: {
      group: 'config.kio.kasten.io',
      resource: 'policies',
      verb: 'list',
      purpose: 'to see what backs the namespace up',
    },
    bindings: {
      group: 'config.kio.kasten.io',
      resource: 'blueprintbindings',
      verb: 'list',
      purpose: 'to see which blueprint is bound',
    },
    blueprints: {
      group: 'cr.kanister.io',
      resource: 'blueprints',
      verb: 'list',
      purpose: 'to see what the hooks run',
    },
    restoreActions: {
      group: 'actions.kio.kasten.io',
      resource: 'restoreactions',
      verb: 'list',
      purpose: 'to see whether restores had their hooks',
    },
  },
  /** In the namespace of the datacenters. */
  datacenters: {
    restorePoints: {
      group: 'apps.kio.kasten.io',
      resource: 'restorepoints',
      verb: 'list',
      purpose: 'to see how old the last backup is',
    },
    restoreActions: {
      group: 'actions.kio.kasten.io',
      resource: 'restoreactions',
      verb: 'list',
      purpose: 'to see whether restores had their hooks',
    },
    reviews: {
      group: 'authorization.k8s.io',
      resource: 'localsubjectaccessreviews',
      verb: 'create',
      purpose: 'to see what the service account may do there; nothing is created',
    },
    podsTry: PODS_TRY,
    networkPolicies: POLICIES,
  },
  /** In kassette's own namespace. */
  own: {
    podsTry: PODS_TRY,
    networkPolicies: POLICIES,
    pods: { group: '', resource: 'pods', verb: 'list', purpose: "to see whether the hooks' pods start" },
    events: { group: '', resource: 'events', verb: 'list', purpose: 'to see whether the image is pulled' },
    accounts: {
      group: '',
      resource: 'serviceaccounts',
      verb: 'get',
      purpose: 'to see whether the service account is there',
    },
  },
} as const satisfies Record<string, Record<string, Right>>;
const BATCH = 'batch';

/** Needed besides to restore volumes cold; asked for only then. */
export const CLEANING = {
  claims: { group: '', resource: 'persistentvolumeclaims', verb: 'list', purpose: 'to find the volumes' },
  jobsMake: { group: BATCH, resource: 'jobs', verb: 'create', purpose: 'to restore a volume' },
  jobsRead: { group: BATCH, resource: 'jobs', verb: 'get', purpose: 'to see that a Job is gone' },
  jobsRemove: { group: BATCH, resource: 'jobs', verb: 'delete', purpose: 'to remove it afterwards' },
  logs: {
    group: '',
    resource: 'pods/log',
    verb: 'get',
    purpose: "for a Job's answer and why nodes do not start",
  },
} as const satisfies Record<string, Right>;

/** Needed besides these where a datacenter is there, which has to be stopped meanwhile. */
export const STOPPING = {
  read: {
    group: CASSANDRA,
    resource: 'cassandradatacenters',
    verb: 'get',
    purpose: 'to see what is stopped',
  },
  stop: {
    group: CASSANDRA,
    resource: 'cassandradatacenters',
    verb: 'patch',
    purpose: 'to stop and start a datacenter (spec.stopped)',
  },
} as const satisfies Record<string, Right>;

/** All that a recovery needs besides. */
export const RECOVERING = { ...STOPPING, ...CLEANING } as const;

/** Needed besides where tables come back from clones of volumes; asked for only then. */
export const CLONING = {
  claims: { ...CLEANING.claims, purpose: 'to find the clones' },
  jobsMake: { ...CLEANING.jobsMake, purpose: 'to mount a clone' },
  jobsRead: CLEANING.jobsRead,
  jobsRemove: CLEANING.jobsRemove,
} as const satisfies Record<string, Right>;

/** Of whoever has archiving switched on or off for them; no hook does. */
export const ARCHIVING = {
  read: { ...STOPPING.read, purpose: 'to see what the datacenter has' },
  change: { ...STOPPING.stop, purpose: 'to change its podTemplateSpec' },
  leaseRead: WRITE.leaseRead,
  leaseMake: WRITE.leaseMake,
  leaseKeep: WRITE.leaseKeep,
} as const satisfies Record<string, Right>;

/** To make an object of that name what it is to be: by a patch that applies it, of which Kubernetes knows the name, also where that creates it. */
function toApply(resource: 'configmaps' | 'secrets', name: string, purpose: string) {
  const right = { group: '', resource, name, purpose };
  return { make: { ...right, verb: 'create' }, keep: { ...right, verb: 'patch' } } as const;
}

/** Of the ConfigMap of that name. */
export const toPutFiles = (name: string) =>
  toApply('configmaps', name, 'to put the files there that Cassandra needs to archive');

/** Not needed, but without it less is said: asked for nowhere. */
export const EXPLAINING = {
  events: { group: '', resource: 'events', verb: 'list', purpose: 'to say why a pod does not start' },
} as const satisfies Record<string, Right>;

/**
 * What a backup keeps of the K8ssandraCluster of this name in each of its namespaces, a ConfigMap; and of the superuser, a secret in that of the object.
 * Several may share a namespace. The operator's labels have the name, so it has 63 characters at most.
 */
export const keptNames = (name: string) => ({
  object: `${KEPT_BEFORE}-${name}`,
  superuser: `kassette-superuser-${name}`,
});

/** What builds from before called the ConfigMap, whichever K8ssandraCluster it was of. */
export const KEPT_BEFORE = 'kassette-k8ssandra';

/** The rights to keep one K8ssandraCluster, in each of its namespaces. */
export function toKeep(cluster: string) {
  const { object: name } = keptNames(cluster);
  return {
    ...toApply('configmaps', name, 'to keep the K8ssandraCluster with a backup'),
    kept: { ...CONFIG_MAPS, name, verb: 'get', purpose: TO_SEE_KEPT },
  } as const satisfies Record<string, Right>;
}

const CONFIG_MAPS = { group: '', resource: 'configmaps' } as const;
const TO_SEE_KEPT = 'to see what a restore of the K8ssandraCluster needs';

/** Where it is missing, what a build from before has kept is not seen, and no more. */
export const SEE_KEPT_BEFORE: Right = {
  ...{ ...CONFIG_MAPS, name: KEPT_BEFORE, verb: 'get' },
  purpose: TO_SEE_KEPT,
};

/** The rights to keep the superuser's secret, in the namespace of the K8ssandraCluster. */
export const toKeepSuperuser = (cluster: string) =>
  toApply('secrets', keptNames(cluster).superuser, "to keep the superuser's secret with a backup");

/** Needed besides in each namespace of a K8ssandraCluster's datacenters. */
export const K8SSANDRA = {
  tasks: {
    group: 'control.k8ssandra.io',
    resource: 'cassandratasks',
    verb: 'list',
    purpose: 'to see that no datacenter is being rebuilt',
  },
} as const satisfies Record<string, Right>;

/** All of these for one K8ssandraCluster. */
export function besideK8ssandra(name: string): readonly Right[] {
  return [...Object.values(K8SSANDRA), ...Object.values(toKeep(name))];
}

/** The right to read one K8ssandraCluster, in its own namespace. */
export function toK8ssandra(name: string): Right {
  const kind = { group: 'k8ssandra.io', resource: 'k8ssandraclusters', verb: 'get' };
  return { ...kind, name, purpose: 'to find the datacenters of the K8ssandraCluster' };
}

/** The rights to give one K8ssandraCluster its status back, and to have its operator look at it. */
export function toGiveBack(name: string): readonly Right[] {
  const kind = { group: 'k8ssandra.io', verb: 'patch', name };
  return [
    {
      ...{ ...kind, resource: 'k8ssandraclusters/status' },
      purpose: 'to give a restored K8ssandraCluster its status back',
    },
    {
      ...{ ...kind, resource: 'k8ssandraclusters' },
      purpose: 'to have its operator look at it (an annotation)',
    },
  ];
}

/** All rights on one K8ssandraCluster and on what is kept of it, in its own namespace. */
export function onK8ssandra(name: string): readonly Right[] {
  return [
    ...[toK8ssandra(name), ...toGiveBack(name)],
    ...[...Object.values(toKeep(name)), ...Object.values(toKeepSuperuser(name))],
  ];
}

/** The right to read one secret. */
export function toSecret(name: string, purpose: string = READ.secrets.purpose): Right {
  return { ...READ.secrets, name, purpose };
}

/** `list cassandradatacenters.cassandra.datastax.com`; `get secrets/dse-superuser`. */
export function nameOfRight({ group, resource, verb, name }: Right): string {
  return `${verb} ${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : `/${name}`}`;
}

import type { PodUser } from '../jobs/pod-user.ts';
import type { Right } from '../rights.ts';
import type { ArchiveFacts, ClusterFacts, Fault } from './nodes/facts.ts';

/** What was looked at; or why it could not be. */
export type Look<T> =
  | { readonly value: T }
  | { readonly unknown: string /** The kind itself is not known. */; readonly unserved?: true };

export interface Hook {
  readonly blueprint: string;
  readonly actionName: string;
}

/** Of one of Kasten's actions. */
export interface Hooks {
  readonly preHook?: Hook | undefined;
  readonly onSuccess?: Hook | undefined;
  readonly onFailure?: Hook | undefined;
}

/** Which of a namespace's objects are meant; what is left out matches everything. */
export interface ResourceSelector {
  readonly group?: string | undefined;
  readonly resource?: string | undefined;
  readonly name?: string | undefined;
  /** Whether labels narrow it. */
  readonly labelled: boolean;
}

export interface Filters {
  readonly include: readonly ResourceSelector[];
  readonly exclude: readonly ResourceSelector[];
}

export interface PolicyAction {
  readonly action: string;
  readonly hooks: Hooks;
  readonly filters: Filters;
}

export interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

export interface Policy {
  readonly name: string;
  readonly paused: boolean;
  readonly frequency: string;
  readonly selector: readonly Expression[];
  readonly actions: readonly PolicyAction[];
}

/** One condition of a binding; `subject` says what the expression is about. */
export interface Requirement {
  readonly subject: 'type' | 'namespace' | 'name' | 'label' | 'annotation';
  readonly expression: Expression;
}

export interface Binding {
  readonly name: string;
  readonly createdAt: string;
  readonly blueprint: string;
  readonly all: readonly (readonly Requirement[])[];
  readonly any: readonly (readonly Requirement[])[];
}

export interface Phase {
  readonly func: string;
  readonly command: readonly string[];
  readonly image: string;
  /** Null for Kasten's own. */
  readonly namespace: string | null;
  /** Null where the pod gets whatever account it gets. */
  readonly serviceAccount: string | null;
  /** Requests and limits of its container; null where it has none of its own. */
  readonly resources: object | null;
}

export interface Blueprint {
  readonly name: string;
  readonly actions: Readonly<Record<string, readonly Phase[]>>;
}

export interface BoundDatacenter {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Restore {
  readonly name: string;
  readonly startedAt: string;
  readonly state: string;
  readonly hooks: Hooks;
}

/** What is set up around a namespace, and what Kasten has done with it. */
export interface KastenFacts {
  readonly policies: Look<readonly Policy[]>;
  readonly bindings: Look<readonly Binding[]>;
  readonly blueprints: Look<readonly Blueprint[]>;
  readonly datacenters: Look<readonly BoundDatacenter[]>;
  /** When each was made, ISO 8601. */
  readonly restorePoints: Look<readonly string[]>;
  readonly restores: Look<readonly Restore[]>;
}

/** Where and as whom a hook's pod runs. */
export interface Place {
  readonly namespace: string;
  readonly serviceAccount: string | null;
  readonly image: string;
  readonly resources: object | null;
}

/** What Kubernetes says of a pod that it was asked for without making it. */
export interface Admission {
  /** In the words of who refuses it; null where it is admitted. */
  readonly refused: string | null;
  /** Containers that were put beside its own, and do not end with it. */
  readonly beside: readonly string[];
  /** As whom it was to run, where that was said. */
  readonly user?: PodUser;
}

/** A NetworkPolicy, as far as it is about hooks and nodes. */
export interface NetworkPolicy {
  readonly name: string;
  /** Labels by which it selects pods; empty for all of the namespace. */
  readonly selector: readonly string[];
  /** Null where it is not about ingress. */
  readonly ingress: readonly Ingress[] | null;
  /** How many rules there are for egress; null where it is not about that. */
  readonly egressRules: number | null;
}

/** One rule: who may come in at which ports. */
export interface Ingress {
  /** Empty for anybody. */
  readonly from: readonly {
    readonly isBlock: boolean;
    /** By name; null for that of the policy. */
    readonly namespaces: 'all' | readonly string[] | null;
    /** Whether the names are all that it selects namespaces by. */
    readonly isCertain: boolean;
    readonly anyPod: boolean;
  }[];
  /** Empty for all. */
  readonly ports: readonly {
    readonly protocol: string;
    readonly port?: number | string | undefined;
    readonly endPort?: number | undefined;
  }[];
}

/** What pods meet in the namespace of the datacenters. */
export interface Surroundings {
  /** One Job for each datacenter. */
  readonly jobs: Look<readonly Admission[]>;
  /** Proxies of a mesh in the nodes' pods. */
  readonly proxies: Look<readonly string[]>;
  readonly policies: Look<readonly NetworkPolicy[]>;
}

export interface PlaceFacts {
  readonly place: Place;
  /** Whether the service account is there. */
  readonly account: Look<boolean>;
  readonly missing: Look<readonly Right[]>;
  readonly image: Look<ImageFacts>;
  readonly admission: Look<Admission>;
  readonly policies: Look<readonly NetworkPolicy[]>;
}

/** What Kubernetes says of pods with an image. */
export interface ImageFacts {
  /** Why it could not be pulled, of pods that do not start and of those that are gone. */
  readonly failures: readonly string[];
  /** Whether a pod was seen that has it. */
  readonly pulled: boolean;
}

/** What is in the datacenters' volumes. */
export interface VolumeFacts {
  readonly backups: readonly {
    readonly cluster?: string;
    readonly tag: string;
    readonly complete: boolean;
    readonly ageSeconds: number;
    readonly missingOn: readonly string[];
  }[];
  /** When the last restore was finished, ISO 8601; null where there was none. */
  readonly restoredAt: string | null;
  /** Datacenters of which no node was found, with why: `prod has 0 of 3 pods`; and their own namespace. */
  readonly withoutNodes?: readonly { readonly what: string; readonly namespace?: string }[];
  /** Data directories outside the volumes, and directories of tables without an id. */
  readonly directories?: readonly {
    readonly node: string;
    readonly directory: string;
    readonly kind: 'outside' | 'without-id';
  }[];
  /** Why some volume cannot be backed up as it is. */
  readonly faults?: readonly Fault[];
}

export interface DoctorFacts {
  readonly namespace: string;
  readonly kastenNamespace: string;
  readonly now: Date;
  /** Older than this the last backup is too old; null: what the policy's frequency says. */
  readonly maxAgeSeconds: number | null;
  readonly kasten: KastenFacts;
  readonly places: readonly PlaceFacts[];
  readonly surroundings: Surroundings;
  readonly volumes: Look<VolumeFacts>;
  readonly cassandra: Look<readonly ClusterFacts[]>;
  readonly archives: Look<readonly ArchiveFacts[]>;
}

/** What shows where hooks run. */
export type SetUp = Pick<DoctorFacts, 'namespace' | 'kastenNamespace' | 'kasten'>;

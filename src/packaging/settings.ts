import { type JobSettings, jobArguments, NO_SETTINGS } from '../domain/jobs/settings.ts';
import type { K8ssandraName } from '../domain/k8ssandra/members.ts';
import { VERSION } from '../domain/version.ts';

/** A value, or in the chart the expression that Helm puts the value in place of. */
export type OrExpression<T> = T | string;

/** Fields of a pod that say where it may run. */
export interface Placement {
  readonly tolerations?: OrExpression<readonly object[]>;
  readonly nodeSelector?: OrExpression<object>;
  readonly priorityClassName?: string;
}

/** What may be chosen about the pods that run kassette's commands for Kasten. */
export interface TaskSettings {
  /** kassette's own namespace: where its pods run, under its service account. */
  readonly namespace: string;
  readonly image: string;
  /** `{ name }` of secrets in that namespace; none where it is undefined. */
  readonly imagePullSecrets: OrExpression<readonly { readonly name: string }[]> | undefined;
  /** Arguments of a command whose Jobs need the same secrets, and what else is chosen about them. */
  readonly jobArguments: readonly string[];
  /** Where the pods may run; what is undefined is left out. */
  readonly placement: Placement;
  /** Arguments of before-restore: where else there are datacenters. */
  readonly otherNamespaceArguments: readonly string[];
  readonly resources: OrExpression<object>;
  /** How long a pod may take in all. Kasten's own limit comes later, so that a run is ended in order. */
  readonly deadlineSeconds: OrExpression<number>;
  /** `--timeout` and `--max-wait` of the commands. */
  readonly timeout: string;
  /** `--abandon-after` of before-backup. */
  readonly abandonAfter: string;
  /** `--keep` of before-backup. */
  readonly keep: OrExpression<number>;
}

/** Those that are named, which may be none; or, only where that is asked for, every one that there is or will be. */
export type Names = readonly string[] | 'all';

/** An installation as the command line and the files of `deploy/` describe it. */
export interface Installation {
  readonly namespace: string;
  readonly kastenNamespace: string;
  readonly image: string;
  readonly imagePullSecrets: readonly string[];
  /** Where there are datacenters, and rights are granted. */
  readonly datacenterNamespaces: Names;
  /** Which secrets may be read there. */
  readonly secrets: Names;
  readonly mode: Mode;
  /** Versions of Kasten's built-in blueprint that are overridden. */
  readonly builtinVersions: readonly string[];
  /** Kasten's limit for a hook. */
  readonly hookMinutes: number;
  /** How long no other run may remove a backup: longer than Kasten takes to copy the volumes. */
  readonly abandonAfterHours: number;
  /** How many backups stay in the volumes, as bases of the archived commit log; 1: none does. */
  readonly keep: number;
  readonly resources: object;
  /** Of the hooks' pods. */
  readonly placement?: Placement;
  /** Of the Jobs that a hook makes. */
  readonly jobs: JobSettings;
  /** Whether the service account may look at what doctor looks at. */
  readonly doctor: boolean;
  /** Whose hooks join one backup, and which secrets may be read in each of its namespaces: rights and hooks are for it alone. */
  readonly k8ssandra?: { readonly cluster: K8ssandraName; readonly secrets: ReadonlyMap<string, Names> };
}

/** `hooks`: of the policy, for a whole namespace; `datacenter`: a blueprint that is bound to every CassandraDatacenter. */
export type Mode = 'hooks' | 'datacenter';

/** A quota that names a resource wants it from every container; so all four are there, the limit of CPU, too. */
export const HOOK_RESOURCES = {
  requests: { cpu: '250m', memory: '128Mi' },
  limits: { cpu: '2', memory: '512Mi' },
};

/** Nothing is granted before namespaces and secrets are named. */
export const DEFAULTS: Installation = {
  namespace: 'kassette',
  kastenNamespace: 'kasten-io',
  image: `kassette:${VERSION}`,
  imagePullSecrets: [],
  datacenterNamespaces: [],
  secrets: [],
  mode: 'hooks',
  builtinVersions: ['0.0.4', '0.0.5'],
  hookMinutes: 20,
  abandonAfterHours: 24,
  keep: 1,
  resources: HOOK_RESOURCES,
  jobs: NO_SETTINGS,
  doctor: true,
};

/** SIGTERM and the minute after it must come before Kasten's limit. */
export const MARGIN_SECONDS = 90;
/** What waits for a node gives up so much earlier that there is time for the work and for undoing it. */
export const MARGIN_MINUTES = 5;

export function taskSettings(installation: Installation): TaskSettings {
  const { namespace, image, imagePullSecrets, resources, jobs, placement = {} } = installation;
  const { datacenterNamespaces, hookMinutes, abandonAfterHours, keep } = installation;
  return {
    ...{ namespace, image, resources },
    imagePullSecrets: imagePullSecrets.length === 0 ? undefined : imagePullSecrets.map((name) => ({ name })),
    jobArguments: [...imagePullSecrets.map(pullSecretArgument), ...jobArguments(jobs)],
    placement,
    // With rights in all of them they are found without.
    otherNamespaceArguments:
      datacenterNamespaces === 'all' ? [] : datacenterNamespaces.map(otherNamespaceArgument),
    deadlineSeconds: hookMinutes * 60 - MARGIN_SECONDS,
    timeout: `${hookMinutes - MARGIN_MINUTES}m`,
    abandonAfter: `${abandonAfterHours}h`,
    keep,
  };
}

export function otherNamespaceArgument(name: string): string {
  return `--other-namespace=${name}`;
}

/** One argument for each, so that there is none where there is no secret. */
export function pullSecretArgument(name: string): string {
  return `--image-pull-secret=${name}`;
}

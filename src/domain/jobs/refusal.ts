import type { Hint } from '../hint.ts';
import { type PodUser, showUser } from './pod-user.ts';
import { amountOf } from './quantity.ts';

/**
 * Why Kubernetes makes no pod of a Job, as the API server words it: in the event `FailedCreate` of the Job, or as the answer to a
 * trial. Sources: kube-apiserver's admission plugins ResourceQuota, LimitRanger and PodSecurity; OpenShift's SecurityContextConstraint.
 */
export interface Refusal {
  readonly kind: 'quota' | 'limits' | 'user' | 'security' | 'webhook' | 'account' | 'other';
  /** In the words of who refuses. */
  readonly words: string;
  /** Of a quota that is used up: what of each resource is asked for, used and allowed, as Kubernetes writes quantities. */
  readonly exceeded: readonly Exceeded[];
}

export interface Exceeded {
  readonly resource: string;
  readonly requested: string;
  readonly used: string;
  readonly limited: string;
}

const KINDS: readonly (readonly [Refusal['kind'], RegExp])[] = [
  ['quota', /exceeded quota: /],
  ['limits', /failed quota: |(?:minimum|maximum) \S+ usage per |max limit to request ratio per /],
  ['user', /security context constraint/i],
  ['security', /violates PodSecurity/],
  ['account', /error looking up service account/],
  ['webhook', /admission webhook .* denied the request|ValidatingAdmissionPolicy /],
];

/** Undefined for what may pass by itself, such as a webhook that did not answer or a quota that was not counted yet. */
export function refusalOf(message: string): Refusal | undefined {
  const words = message.replace(/^Error creating: /, '').trim();
  const kind = KINDS.find(([, pattern]) => pattern.test(words))?.[0];
  if (kind !== undefined) return { kind, words, exceeded: kind === 'quota' ? exceededOf(words) : [] };
  const isFinal =
    / is forbidden: | is invalid: /.test(words) &&
    !/status unknown for quota|there was an error|not yet ready/.test(words);
  return isFinal ? { kind: 'other', words, exceeded: [] } : undefined;
}

function exceededOf(words: string): readonly Exceeded[] {
  const [, requested = '', used = '', limited = ''] =
    /requested: (\S+), used: (\S+), limited: (\S+)/.exec(words) ?? [];
  const [asked, now, most] = [requested, used, limited].map(
    (list) => new Map(list.split(',').map((pair) => pair.split('=') as [string, string])),
  );
  return [...(asked ?? [])].map(([resource, amount]) => ({
    resource,
    requested: amount,
    used: now?.get(resource) ?? '0',
    limited: most?.get(resource) ?? '0',
  }));
}

/** Whether a quota that is used up has room when so much of it is given back; by resource, as numbers. */
export function mayFit({ kind, exceeded }: Refusal, freed: Readonly<Record<string, number>>): boolean {
  if (kind !== 'quota' || exceeded.length === 0) return false;
  return exceeded.every(({ resource, requested, used, limited }) => {
    const left = amountOf(limited) - amountOf(used) + (freed[resource] ?? 0);
    return amountOf(requested) <= Math.min(left, amountOf(limited));
  });
}

/** Whether it is a quota that is used up, by others, and not too small. */
export function isForLater(refusal: Refusal): boolean {
  return mayFit(refusal, Object.fromEntries(refusal.exceeded.map((e) => [e.resource, amountOf(e.used)])));
}

/** The way out of a refusal; `user` is whom the Job was to run as. */
export function wayOut({ kind, words }: Refusal, user: PodUser | undefined): Hint {
  switch (kind) {
    case 'quota':
      return 'Raise the quota, or ask for less with `--job-request` and `--job-limit`: `--job-limit memory=256Mi`.';
    case 'limits':
      return "Give the Jobs what the quota or LimitRange wants: `--job-request cpu=100m`, `--job-limit cpu=500m memory=512Mi`. An empty quantity leaves a resource out: `--job-limit cpu=`. For hooks: the chart's `jobs`, or the same options of `kassette manifests`.";
    case 'user':
      return `${notAllowed(words, user)}Name a user and group that the namespace allows and that may write the files, \`--job-user UID:GID\`: those of the datacenter's pods (\`kubectl get pod POD -o yaml\`, \`securityContext\`). Or allow the Jobs' service account, which is that of the datacenter's pods, the security context constraints that those have.`;
    case 'security':
      return "kassette's Jobs keep to the level `restricted`, unless the datacenter's pods run as root: correct that user in its `podTemplateSpec`, name another with `--job-user`, or allow the namespace a lower level.";
    case 'account':
      return "The Jobs run under the service account of the datacenter's pods: create it, or restore it with the datacenter.";
    case 'webhook':
      return 'A policy of the cluster does not admit the pod. What can be chosen: `--job-request`, `--job-limit`, `--job-label`, `--job-annotation`, `--job-user`, `--image`. Otherwise make an exception for the label `app.kubernetes.io/name=kassette`.';
    default:
      return 'Correct what it names, then run the command again.';
  }
}

function notAllowed(words: string, user: PodUser | undefined): string {
  const [range] = /must be in the ranges: (\[\d+, \d+\])/.exec(words)?.slice(1) ?? [];
  if (user === undefined) return '';
  const allowed = range === undefined ? '' : `; users ${range} are`;
  return `The Job was to run as ${showUser(user)}, which is not allowed in this namespace${allowed}. `;
}

import { KassetteError } from '../../../domain/errors.ts';
import { applied, type Hint, hint, kassette, kubectl } from '../../../domain/hint.ts';
import { isAcross } from '../../../domain/k8ssandra/contexts.ts';
import type { K8ssandraName, K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';
import { nameOfRight, type Right } from '../../../domain/rights.ts';
import { type Caller, callerOf } from './caller.ts';

/** In the place of a namespace's name. */
export const EVERY_NAMESPACE = '';
export const placeText = (namespace: string) =>
  namespace === EVERY_NAMESPACE ? 'every namespace' : `namespace ${namespace}`;

/**
 * What is missing, and the way to grant it that fits who asks, and that takes nothing away from another installation.
 * @param above the K8ssandraCluster all of which is meant: the rights are granted in all of its namespaces at once
 */
export function forbidden(
  rights: readonly Right[],
  namespace: string,
  cause?: unknown,
  caller: Caller | undefined = callerOf(cause),
  above: K8ssandraName | K8ssandraSpec | undefined = caller?.above ?? ownName(rights, namespace),
): KassetteError {
  const list = rights.map((r) => `\`${nameOfRight(r)}\` ${r.purpose}`).join(', ');
  const outside = rights.some((r) => r.resource === 'pods/portforward') ? ['--outside'] : [];
  const more = rights.some((r) => r.resource === 'secrets') ? SECRETS : '';
  const of = above ?? caller?.of;
  const whole = of === undefined ? [] : ['--k8ssandra-cluster', of.name];
  const isOther = caller?.of !== undefined;
  const across = isOther || (above !== undefined && 'datacenters' in above && isAcross(above));
  const advice = grant(caller, of?.namespace ?? namespace, [...whole, ...outside], across);
  const where = isOther ? ` of context ${caller.context}` : '';
  return new KassetteError(
    'FORBIDDEN',
    `Kubernetes does not allow in ${placeText(namespace)}${where}: ${list}.`,
    hint`Nothing was changed by this call. ${advice}${more}`,
    { cause },
  );
}

/** That of the object which could not be read. */
function ownName(rights: readonly Right[], namespace: string): K8ssandraName | undefined {
  const name = rights.find((r) => r.resource === 'k8ssandraclusters')?.name;
  return name === undefined ? undefined : { namespace, name };
}

const SECRETS =
  ' The command grants reading all secrets that the datacenters there use. Where Helm installed kassette, name new ones in its value `secrets` as well.';

/** @param across whether it prints the rights for several Kubernetes clusters */
function grant(
  caller: Caller | undefined,
  namespace: string,
  more: readonly string[],
  across: boolean,
): Hint {
  const rbac = kassette('rbac', '--namespace', namespace, ...more);
  if (across && caller !== undefined)
    return hint`This run works there as user ${caller.user} of context ${caller.context ?? ''}. ${rbac} prints the rights for each Kubernetes: have that applied.`;
  if (caller === undefined) return hint`Grant the rights that ${rbac} prints to the user of this run.`;
  if (caller.account !== null) {
    const { namespace: own, name } = caller.account;
    return hint`This run works as service account ${own}/${name}. Grant it the rights: ${applied(kassette(...rbac.words.slice(1), '--service-account', `${own}/${name}`))}.`;
  }
  return hint`This run works as user ${caller.user} of context ${caller.context ?? ''}. Ask for these rights. Or create a service account that has them, and work as that: ${applied(rbac)}.`;
}

/** Credentials that the API server does not accept. */
export function unauthorized(error: unknown): KassetteError {
  const caller = callerOf(error);
  const expires = caller?.tokenExpires ?? null;
  const expired = expires !== null && Date.parse(expires) <= Date.now();
  const who = caller === undefined ? 'these credentials' : `the credentials of ${caller.user}`;
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    expired
      ? `The token of ${caller?.user} has expired, at ${expires}: the Kubernetes API server does not accept it any more.`
      : `The Kubernetes API server${at(caller)} does not accept ${who} (401): they have expired, were withdrawn, or are for another cluster.`,
    caller?.context === null
      ? 'Nothing was changed. Delete the pod, so that it gets a new token; check that its service account exists.'
      : hint`Nothing was changed by this call. Log in to the cluster again, and try ${kubectl('get', 'namespaces')} with the same kubeconfig and context.`,
    { cause: error },
  );
}

/** The program of the kubeconfig that gives the credentials; undefined where the failure has nothing to do with it. */
export function pluginFailure(error: unknown): KassetteError | undefined {
  const caller = callerOf(error);
  if (!caller?.plugin || !(error instanceof Error)) return undefined;
  const { command, hint: installHint } = caller.plugin;
  const of = `of user ${caller.user} in the kubeconfig`;
  if ('syscall' in error && String(error.syscall).startsWith('spawn')) {
    return new KassetteError(
      'CLUSTER_UNREACHABLE',
      `The credential plugin \`${command}\` ${of} cannot be run: it is not installed, or not in PATH.`,
      `Nothing was changed. ${installHint.trim() || `Install ${command}, or`} use a kubeconfig with a token (\`--kubeconfig\`, \`--context\`).`,
      { cause: error },
    );
  }
  // What the network refuses has a code; the plugin's own failure is only its standard error.
  if ('code' in error || error.cause !== undefined) return undefined;
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `The credential plugin \`${command}\` ${of} failed: ${error.message.trim().split('\n').at(-1) || 'it printed nothing'}`,
    hint`Nothing was changed. Log in again with the tool that it belongs to, and try ${kubectl('get', 'namespaces')} with the same context.`,
    { cause: error },
  );
}

export function unreachable(why: string, cause: unknown): KassetteError {
  const caller = callerOf(cause);
  const proxy =
    caller?.unusedProxy == null
      ? ''
      : ` ${caller.unusedProxy} is set, which kassette does not use. If the cluster is behind that proxy, name it in the kubeconfig as the cluster's \`proxy-url\`.`;
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `The Kubernetes API server${at(caller)} cannot be used: ${why}`,
    hint`Check it with ${kubectl('version')}, then run the command again.${proxy}`,
    { cause },
  );
}

function at(caller: Caller | undefined): string {
  if (caller === undefined) return '';
  return caller.context === null ? ` ${caller.server}` : ` ${caller.server} (context ${caller.context})`;
}

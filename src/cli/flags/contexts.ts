import { KassetteError } from '../../domain/errors.ts';

/** Which contexts of the kubeconfig are meant. */
export interface Contexts {
  readonly context: string | undefined;
  /** By `k8sContext` of a K8ssandraCluster: the context that leads to that Kubernetes. */
  readonly contexts: ReadonlyMap<string, string>;
}

/**
 * What `--context` comes to. Without a K8ssandraCluster there is one; with it there may be one of the form K8SCONTEXT=CONTEXT for each other
 * Kubernetes as well. @throws USAGE
 */
export function contextsOf(given: {
  readonly context: readonly string[];
  readonly k8ssandraCluster?: string | undefined;
}): Contexts {
  const texts = [...new Set(given.context)];
  const isPair = (text: string) => given.k8ssandraCluster !== undefined && text.includes('=');
  const [context, ...more] = texts.filter((t) => !isPair(t));
  if (more.length > 0) throw severalPlain([context ?? '', ...more], given.k8ssandraCluster);
  const contexts = new Map<string, string>();
  for (const text of texts.filter(isPair)) {
    const [name = '', ...rest] = text.split('=');
    const value = rest.join('=');
    if (name === '' || value === '') throw wrongForm(text);
    if (contexts.has(name)) throw twice(name);
    contexts.set(name, value);
  }
  return { context, contexts };
}

function severalPlain(given: readonly string[], cluster: string | undefined): KassetteError {
  return new KassetteError(
    'USAGE',
    `\`--context\` names several contexts: ${given.join(', ')}.`,
    cluster === undefined
      ? 'Nothing was changed. A command works in one Kubernetes: name one context. Several are for a K8ssandraCluster (`--k8ssandra-cluster`).'
      : "Nothing was changed. Name one context of the K8ssandraCluster, and for its datacenters in other Kubernetes clusters K8SCONTEXT=CONTEXT, where K8SCONTEXT is the datacenter's k8sContext.",
  );
}

function wrongForm(text: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `\`--context ${text}\` is not of the form K8SCONTEXT=CONTEXT.`,
    "Nothing was changed. K8SCONTEXT is a datacenter's k8sContext in the K8ssandraCluster, CONTEXT a context of the kubeconfig.",
  );
}

function twice(name: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `\`--context\` names two contexts for k8sContext \`${name}\`.`,
    'Nothing was changed. Name one.',
  );
}

import { KassetteError } from '../errors.ts';
import { called, type DeclaredDatacenter, type K8ssandraSpec } from './members.ts';

/** What leads to other Kubernetes clusters than that of the K8ssandraCluster. */
export interface KnownContexts {
  /** All of the kubeconfig; null for a pod, which has none. */
  readonly names: readonly string[] | null;
  /** Of these the one that was named for a `k8sContext`. */
  readonly named: ReadonlyMap<string, string>;
}

/**
 * By each `k8sContext` of the spec the context of the kubeconfig that leads there: the one that was named, or else the one of the same name.
 * @throws PARTIAL_CLUSTER where nothing leads to one; USAGE where one was named that the spec does not have
 */
export function chooseContexts(
  spec: K8ssandraSpec,
  { names, named }: KnownContexts,
): ReadonlyMap<string, string> {
  const far = spec.datacenters.filter((d) => d.k8sContext !== undefined);
  const declared = [...new Set(far.map((d) => d.k8sContext ?? ''))].toSorted();
  const odd = [...named.keys()].find((k) => !declared.includes(k));
  if (odd !== undefined) throw notDeclared(spec, odd, declared);
  const chosen = new Map(
    declared.flatMap((k) => {
      const context = named.get(k) ?? names?.find((n) => n === k);
      return context === undefined || names === null ? [] : [[k, context] as const];
    }),
  );
  const missing = far.filter((d) => !chosen.has(d.k8sContext ?? ''));
  if (missing.length > 0) throw notReached(spec, missing, names);
  return chosen;
}

/** A context of the kubeconfig, and the API server that it leads to. */
export interface Reached {
  readonly context: string;
  readonly server: string;
}

/**
 * The spec with one name for each Kubernetes: a `k8sContext` that leads back to that of the object, or to where another one leads, is none of its own.
 * @throws USAGE where two contexts of the kubeconfig have one API server: one namespace of it would be taken for two
 */
export function inContexts(
  spec: K8ssandraSpec,
  own: Reached | null,
  chosen: ReadonlyMap<string, Reached>,
): K8ssandraSpec {
  const all = [...(own === null ? [] : [own]), ...chosen.values()];
  for (const one of all) {
    const other = all.find((o) => o.server === one.server && o.context !== one.context);
    if (other !== undefined) throw sameServer(spec, one, other);
  }
  const names = [...chosen.keys()].toSorted();
  const datacenters = spec.datacenters.map(({ name, namespace, k8sContext }): DeclaredDatacenter => {
    const context = chosen.get(k8sContext ?? '')?.context;
    if (k8sContext === undefined || context === own?.context) return { name, namespace };
    const first = names.find((n) => chosen.get(n)?.context === context) ?? k8sContext;
    return { name, namespace, k8sContext: first, reachedBy: context };
  });
  return { ...spec, datacenters };
}

/** Whether it has datacenters in more than one Kubernetes, or in another one than its own. */
export function isAcross({ datacenters }: Pick<K8ssandraSpec, 'datacenters'>): boolean {
  return datacenters.some((d) => d.k8sContext !== undefined);
}

/** What works in one Kubernetes alone. @param what begins the sentence: `kassette reads no clones of volumes` */
export function notAcross(spec: K8ssandraSpec, what: string, instead: string): KassetteError {
  const where = spec.datacenters.filter((d) => d.k8sContext !== undefined).map(farText);
  return new KassetteError(
    'USAGE',
    `${what} for ${called(spec)}, which has datacenters in several Kubernetes clusters: ${where.join(', ')}.`,
    `Nothing was changed. ${instead} docs/how-to/k8ssandracluster-several-contexts.md says what works.`,
  );
}

const farText = ({ name, k8sContext }: DeclaredDatacenter) => `${name} (k8sContext ${k8sContext})`;

function notReached(
  spec: K8ssandraSpec,
  missing: readonly DeclaredDatacenter[],
  names: readonly string[] | null,
): KassetteError {
  const where = missing.map(farText).join(', ');
  const [first] = missing;
  const advice =
    names === null
      ? 'This run is a pod and reaches its own Kubernetes alone; so do the hooks of Kasten. Run kassette outside, with a kubeconfig (`--kubeconfig`) whose contexts lead to all of them.'
      : `Name a context of the kubeconfig for each: \`--context ${first?.k8sContext}=CONTEXT\`; contexts: ${names.join(', ') || 'none'}. One that has the name of the k8sContext need not be named.`;
  return new KassetteError(
    'PARTIAL_CLUSTER',
    `${called(spec)} has datacenters in other Kubernetes clusters, which this run does not reach: ${where}.`,
    `Nothing was changed. A backup of a part of the ring could not be restored. ${advice}`,
  );
}

function notDeclared(spec: K8ssandraSpec, name: string, declared: readonly string[]): KassetteError {
  const there = declared.length === 0 ? 'no k8sContext' : `k8sContext ${declared.join(', ')}`;
  return new KassetteError(
    'USAGE',
    `\`--context\` names k8sContext \`${name}\`, which no datacenter of ${called(spec)} has; they have ${there}.`,
    'Nothing was changed. Correct it, or leave it out (spec.cassandra.datacenters[].k8sContext).',
  );
}

function sameServer(spec: K8ssandraSpec, one: Reached, other: Reached): KassetteError {
  return new KassetteError(
    'USAGE',
    `Contexts ${one.context} and ${other.context} of the kubeconfig both lead to ${one.server}: a namespace of it would be taken for two of ${called(spec)}.`,
    'Nothing was changed. Name one of them for both: `--context CONTEXT`, and `--context K8SCONTEXT=CONTEXT` for each k8sContext that means the same Kubernetes.',
  );
}

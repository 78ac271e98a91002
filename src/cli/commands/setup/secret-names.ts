import { KassetteError } from '../../../domain/errors.ts';
import { type Location, placeName } from '../../../domain/k8ssandra/locations.ts';
import { called, type K8ssandraName } from '../../../domain/k8ssandra/members.ts';
import type { Mode, Names } from '../../../packaging/settings.ts';
import type { PrintContext } from '../../descriptor.ts';
import { contextsOf } from '../../flags/contexts.ts';

interface Given {
  readonly secrets: readonly string[];
  readonly allSecrets: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: readonly string[];
}

/** The secrets that are named on the command line; where none is, those that the datacenters of these namespaces use by now. */
export async function secretNames(
  { secrets, allSecrets, kubeconfig, context }: Given,
  namespaces: Names,
  { findSecrets }: PrintContext,
): Promise<Names> {
  if (allSecrets) return 'all';
  if (secrets.length > 0) return secrets;
  try {
    return await findSecrets({ kubeconfig, context: contextsOf({ context }).context }, namespaces);
  } catch (cause) {
    if (!(cause instanceof KassetteError)) throw cause;
    throw new KassetteError(
      cause.code,
      `Which secrets the datacenters use could not be looked up: ${cause.message}`,
      'Nothing was printed. Name them: `--secret NAME...`. For each datacenter that is `spec.superuserSecretName`, or `<cluster>-superuser`; docs/reference/rights.md lists the others.',
      { cause },
    );
  }
}

/** Undefined where they are to be looked up. */
export function givenSecrets({ secrets, allSecrets }: Pick<Given, 'secrets' | 'allSecrets'>) {
  if (allSecrets) return 'all';
  return secrets.length > 0 ? secrets : undefined;
}

/** Kasten calls a bound blueprint for one datacenter, and says nothing of the others. @throws USAGE */
export function refuseBound(mode: Mode): void {
  if (mode === 'hooks') return;
  throw new KassetteError(
    'USAGE',
    'A blueprint that is bound to every CassandraDatacenter cannot back up a K8ssandraCluster as one.',
    'Nothing was printed. Leave out `--mode datacenter`: hooks of the policy can.',
  );
}

/** Kasten works in one Kubernetes. @throws USAGE */
export function refuseAcross(cluster: K8ssandraName, places: readonly Location[]): void {
  const others = places.filter((p) => p.k8sContext !== undefined);
  if (others.length === 0) return;
  throw new KassetteError(
    'USAGE',
    `Kasten cannot back up ${called(cluster)} as one, which has datacenters in several Kubernetes clusters: also in ${others.map(placeName).join(', ')}.`,
    'Nothing was printed. Kasten works in one Kubernetes. Back up by hand: docs/how-to/k8ssandracluster-several-contexts.md.',
  );
}

/** By their namespaces: of one Kubernetes. */
export function byNamespace(
  places: readonly (Location & { readonly secrets: Names })[],
): ReadonlyMap<string, Names> {
  return new Map(places.map((p) => [p.namespace, p.secrets]));
}

/** The same of each namespace. */
export function placesText(secrets: ReadonlyMap<string, Names>): string {
  return [...secrets].map(([place, names]) => `${place}, where it may read ${secretsText(names)}`).join('\n');
}

/** For comments: which secrets may be read. */
export function secretsText(secrets: Names): string {
  return secrets === 'all' ? 'every secret there' : `of secrets only ${secrets.join(', ')}`;
}

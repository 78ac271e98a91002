import { type Location, locationText } from './locations.ts';
import { called, type DeclaredDatacenter, type K8ssandraName } from './members.ts';

/** What was found of a K8ssandraCluster that is restored, or about to be. Null: it could not be looked for. */
export interface OrderFacts {
  readonly of: K8ssandraName;
  readonly datacenters: readonly (DeclaredDatacenter & {
    /** Claims of its volumes. */
    readonly claims: number | null;
    readonly exists: boolean | null;
  })[];
  readonly secrets: readonly (Location & {
    readonly name: string;
    /** `orphan`: its owner is gone, and it will be, too. */
    readonly state: 'there' | 'missing' | 'orphan' | null;
  })[];
  /** Whether the object is there. */
  readonly object: boolean;
  /** Datacenters that its status does not have. */
  readonly unknown: readonly string[];
}

/** What is still missing, in the order in which it has to come. */
export interface Lacking {
  readonly of: K8ssandraName;
  readonly steps: readonly string[];
  /** What was done in another order, and has to be put right. */
  readonly wrong: readonly string[];
}

/**
 * Claims, secrets without an owner that is gone, all CassandraDatacenters, the object, its status. In another order the superuser gets a new
 * password, or the operator waits for ever.
 */
export function lackingOf({ of, datacenters, secrets, object, unknown }: OrderFacts): Lacking {
  const place = (d: DeclaredDatacenter) => `${d.name} (${locationText(d)})`;
  const secretsIn = (state: 'missing' | 'orphan') => secrets.filter((s) => s.state === state).map(secretName);
  const step = (what: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${what} ${names.join(', ')}`];
  const orphans = secretsIn('orphan');
  const missing = datacenters.filter((d) => d.exists === false);
  const [early, deleted] = object
    ? [missing.filter((d) => unknown.includes(d.name)), missing.filter((d) => !unknown.includes(d.name))]
    : [[], []];
  const wrong = [
    ...orphans.map(
      (name) =>
        `secret ${name} has an owner that is gone and is about to be removed: restore it without ownerReferences`,
    ),
    ...deleted.map(
      (d) =>
        `${place(d)} was deleted under the K8ssandraCluster, which makes it again within seconds, with empty volumes: to restore in place, delete the K8ssandraCluster`,
    ),
    ...(early.length > 0
      ? [
          `the K8ssandraCluster came before ${early.map(place).join(', ')}: the operator makes datacenters one after the other, and none while the one before is not ready`,
        ]
      : []),
  ];
  const steps = [
    ...step('the claims of', datacenters.filter((d) => d.claims === 0).map(place)),
    ...step('without ownerReferences the secrets', secretsIn('missing')),
    ...step('the CassandraDatacenters', missing.map(place)),
    ...(object ? [] : [called(of)]),
    ...step('in its status', unknown),
  ];
  return { of, steps, wrong };
}

const secretName = ({ namespace, name, k8sContext }: OrderFacts['secrets'][number]) =>
  `${namespace}/${name}${k8sContext === undefined ? '' : ` (k8sContext ${k8sContext})`}`;

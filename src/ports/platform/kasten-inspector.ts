import type { KastenFacts, Place, PlaceFacts, Surroundings } from '../../domain/doctor/facts.ts';
import type { JobSettings } from '../../domain/jobs/settings.ts';
import type { K8ssandraName } from '../../domain/k8ssandra/members.ts';

/**
 * What is set up around the datacenters' namespace to back it up. Only looks. What may not be seen, or is not served, is said in
 * the answer and is no failure. @throws CLUSTER_UNREACHABLE
 */
export interface KastenInspector {
  /** The namespace that is looked at. */
  readonly namespace: string;
  /** The K8ssandraCluster whose datacenters are meant, and the other namespaces that they are in. */
  readonly whole?: { readonly cluster: K8ssandraName; readonly others: readonly KastenInspector[] };
  look(kastenNamespace: string): Promise<KastenFacts>;
  /** What a hook's pod meets in its place. */
  examine(place: Place): Promise<PlaceFacts>;
  /**
   * What pods meet in the namespace of the datacenters.
   * @param image of the Jobs; undefined where no hook names one
   */
  surroundings(settings: JobSettings, image: string | undefined): Promise<Surroundings>;
}

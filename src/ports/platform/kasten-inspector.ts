import type { KastenFacts, Place, PlaceFacts, Surroundings } from '../../domain/doctor/facts.ts';
import type { JobSettings } from '../../domain/jobs/settings.ts';

/**
 * What is set up around the datacenters' namespace to back it up. Only looks. What may not be seen, or is not served, is said in
 * the answer and is no failure. @throws CLUSTER_UNREACHABLE
 */
export interface KastenInspector {
  /** The namespace that is looked at. */
  readonly namespace: string;
  /** Of the other namespaces that the datacenters are in. */
  readonly others?: readonly KastenInspector[];
  look(kastenNamespace: string): Promise<KastenFacts>;
  /** What a hook's pod meets in its place. */
  examine(place: Place): Promise<PlaceFacts>;
  /**
   * What pods meet in the namespace of the datacenters.
   * @param image of the Jobs; undefined where no hook names one
   */
  surroundings(settings: JobSettings, image: string | undefined): Promise<Surroundings>;
}

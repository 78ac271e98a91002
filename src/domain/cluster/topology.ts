/** One Cassandra process: one pod, one `server-data` volume. */
export interface Node {
  /** Pod name, or the embedded node's name; unique in the namespace. */
  readonly name: string;
  readonly cluster: string;
  readonly datacenter: string;
  readonly rack: string;
  /** The address at which the other nodes and CQL clients reach it. */
  readonly address: string;
  /** `host:port` for CQL: the address, or this end of a tunnel to it. */
  readonly cqlEndpoint: string;
  /** Where the volume is mounted, as the node's shell sees it: `/var/lib/cassandra`. */
  readonly volume: string;
  /** Cassandra's `data_file_directories`, absolute. */
  readonly dataDirectories: readonly string[];
  /** Base URL of the node's management API, without a path. */
  readonly managementUrl: string;
  /** Whether it is reached by its address in the network of Kubernetes' pods. */
  readonly direct?: true;
  /** The proxy of a mesh through which such connections go, by its container's name. */
  readonly proxy?: string;
}

/** A `CassandraDatacenter`, or the embedded cluster's stand-in for one. */
export interface Datacenter {
  readonly name: string;
  readonly cluster: string;
  /** Kubernetes' namespace; none for an embedded cluster. */
  readonly namespace?: string;
  /** As k8ssandra-operator calls its Kubernetes, where that is another one than its K8ssandraCluster's. */
  readonly k8sContext?: string;
  /** The context of the kubeconfig that leads there. */
  readonly reachedBy?: string;
  readonly nodes: readonly Node[];
  /** Why nothing should be done with it yet; null where its operator calls it ready. */
  readonly unready: Unready | null;
  /** How far its pods have come, those without an address too; none for an embedded cluster. */
  readonly pods?: readonly PodProgress[];
  /** Of one that kassette has stopped for a cold restore which has not ended. */
  readonly coldRestore?: ColdStage;
  /** Something else has started it while its volumes were being restored cold, and no cold restore has ended since. */
  readonly startedByOthers?: true;
}

/** How far a cold restore of a datacenter has come: `changing`: volumes may be changed, and must not be started by themselves. */
export type ColdStage = 'stopped' | 'changing';

export interface Unready {
  /** Continues a sentence after `datacenter X`: `is stopped (spec.stopped)`. */
  readonly reason: string;
  /** Whether waiting may mend it. */
  readonly passing: boolean;
  /** Whether its operator is changing something about it: it is made, scaled, updated, restarted. */
  readonly atWork?: boolean;
}

/** A pod on its way up. */
export interface PodProgress {
  readonly name: string;
  /** Another one where the pod was replaced. */
  readonly id: string;
  /** Steps that it has behind it; more is further. */
  readonly steps: number;
  readonly ready: boolean;
  /** Whether it is coming up, or going away to come again; not where it is up, or stuck. */
  readonly coming: boolean;
}

/** Why a datacenter with `coldRestore` is not ready. */
export const STOPPED_FOR_COLD = 'is stopped for a cold restore that has not ended';

/** A node as the ring sees it, from the endpoints' gossip state. */
export interface RingMember {
  readonly cluster: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly address: string;
  readonly hostId: string;
  /** Sorted as decimal strings are handed out by the node; compare as sets. */
  readonly tokens: readonly string[];
  readonly releaseVersion: string;
  readonly schemaVersion: string;
  /** First word of the gossip status: `NORMAL`, `LEAVING`, `MOVING`, `BOOT`, `shutdown`, … */
  readonly status: string;
  readonly alive: boolean;
  /** Whether this is the node that was asked. */
  readonly local: boolean;
}

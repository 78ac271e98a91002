import { endpointOf } from '../../domain/cluster/addresses.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import type { JobSettings } from '../../domain/jobs/settings.ts';
import { type Access, OUTSIDE, READ, WRITE } from '../../domain/rights.ts';
import { checkRights } from './client/access.ts';
import type { Connection } from './client/connection.ts';
import { execShell } from './client/exec-shell.ts';
import { clientCertificate, superuser } from './client/secrets.ts';
import { secretCheck } from './client/used-secrets.ts';
import { kubernetesClones } from './clones/clones.ts';
import { MountedClones } from './clones/mounted-clones.ts';
import { kubernetesDatacenters, type Meant, type Reach } from './datacenters/datacenters.ts';
import { kubernetesEvents } from './datacenters/events.ts';
import type { Found } from './datacenters/found.ts';
import { kubernetesLease } from './datacenters/lease.ts';
import { kubernetesRecovery } from './datacenters/recovery.ts';
import { kubernetesRunNotes } from './datacenters/run-notes.ts';
import { tunnels } from './datacenters/tunnels.ts';
import { kastenInspector } from './kasten/kasten-inspector.ts';

/** What a command does in a namespace, and how. */
export interface NamespaceTarget {
  readonly via?: 'pod-address' | 'port-forward' | undefined;
  readonly access: Access;
  /** Whether the command speaks CQL to the nodes. */
  readonly usesCql: boolean;
  /** Whether there is what CQL over TLS needs. */
  readonly cqlTls: boolean;
  /** Instead of the datacenters' own. */
  readonly superuserSecret?: string | undefined;
  /** Of the Jobs that restore volumes, and secrets for its registry. */
  readonly image: string | undefined;
  readonly pullSecrets: readonly string[];
  /** Of all Jobs. */
  readonly jobs: JobSettings;
  /** After how many milliseconds rights that are missing are asked for again; less than usual only in tests. */
  readonly againAfterMs?: readonly number[];
}

export type NamespaceAdapters = Awaited<ReturnType<typeof namespaceAdapters>>;

const directly: Reach = async (_pod, address, port) => endpointOf(address, port);

/** All that is special to one namespace of Kubernetes; the rights that the command needs are there, or it fails. @param among of its datacenters those that can be meant */
export async function namespaceAdapters(
  connection: Connection,
  target: NamespaceTarget,
  timeoutMs: number,
  warn: (message: string) => void,
  among?: Meant,
) {
  const via = target.via ?? (connection.inside ? 'pod-address' : 'port-forward');
  // Which secrets are read depends on the datacenters: that is asked when these are found, before anything is changed.
  const { secrets: _, ...looking } = READ;
  const needed = [
    ...Object.values(looking),
    ...(target.access === 'write' ? Object.values(WRITE) : []),
    ...(via === 'port-forward' ? Object.values(OUTSIDE) : []),
  ];
  if (target.access !== 'diagnose') await checkRights(connection, needed, target.againAfterMs);
  const found: Found = new Map();
  const { usesCql: cql, cqlTls, superuserSecret } = target;
  const uses = { cql, cqlTls, superuserSecret };
  const clones = new MountedClones();
  const shell = execShell(connection, timeoutMs, (node) => clones.podOf(node));
  return {
    ...{ namespace: connection.namespace, k8sContext: connection.k8sContext },
    reachedBy: connection.reachedBy,
    found,
    datacenters: kubernetesDatacenters(
      connection,
      via === 'port-forward' ? tunnels(connection) : directly,
      found,
      target.access === 'diagnose' ? undefined : secretCheck(connection, uses),
      among,
    ),
    lease: kubernetesLease(connection, warn),
    events: kubernetesEvents(connection, found, warn),
    runs: kubernetesRunNotes(connection, warn),
    kasten: kastenInspector(connection),
    shell,
    clones: kubernetesClones(connection, clones, {
      shell,
      timeoutMs,
      holdsLease: target.access === 'write',
      settings: target.jobs,
      againAfterMs: target.againAfterMs,
      warn,
    }),
    recovery: kubernetesRecovery(connection, found, { ...target, settings: target.jobs, shell, timeoutMs }),
    credentials: (datacenters: readonly Datacenter[]) => superuser(connection, found, datacenters, target),
    identityOf: identities(found, (secret) => clientCertificate(connection, secret)),
  };
}

/** One identity for each secret, read once. */
function identities<T>(found: Found, read: (secret: string) => Promise<T>) {
  const known = new Map<string, Promise<T>>();
  return async (node: Pick<Node, 'datacenter'>): Promise<T | undefined> => {
    const secret = found.get(node.datacenter)?.spec.managementApiAuth.manual?.clientSecretName;
    if (secret === undefined) return undefined;
    const identity = known.get(secret) ?? read(secret);
    known.set(secret, identity);
    // A failure that passes must not stay.
    identity.catch(() => known.delete(secret));
    return identity;
  };
}

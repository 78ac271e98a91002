import { resolve } from 'node:path';
import { isSea } from 'node:sea';
import type { Logger } from 'pino';
import { type CqlOptions, driverCql } from './adapters/cql/driver-cql.ts';
import { clientIdentity } from './adapters/embedded/client-identity.ts';
import { embeddedClones } from './adapters/embedded/clones.ts';
import { readClusterFile, readSuperuser } from './adapters/embedded/cluster-file.ts';
import { embeddedDatacenters } from './adapters/embedded/datacenters.ts';
import { noEvents } from './adapters/embedded/events.ts';
import { noKasten } from './adapters/embedded/kasten-inspector.ts';
import { embeddedLease } from './adapters/embedded/lease.ts';
import { embeddedRecovery } from './adapters/embedded/recovery.ts';
import { embeddedRewinding } from './adapters/embedded/rewinding.ts';
import { embeddedRunNotes } from './adapters/embedded/run-notes.ts';
import type { Switch } from './adapters/kubernetes/archiving.ts';
import type { KubernetesOptions } from './adapters/kubernetes/client/connection.ts';
import { noRewinding } from './adapters/kubernetes/rewinding.ts';
import { type IdentityOf, managementApi } from './adapters/management-api/client.ts';
import { managementPeerProbe } from './adapters/management-api/peer-probe.ts';
import { localShell } from './adapters/node-shell/local-shell.ts';
import { rewindFiles } from './adapters/volume-files/rewind-files.ts';
import { volumeFiles } from './adapters/volume-files/volume-files.ts';
import { VolumeScripts } from './adapters/volume-scripts/volume-scripts.ts';
import type { JobSettings } from './domain/jobs/settings.ts';
import type { Access } from './domain/rights.ts';
import type { CqlIdentity, CqlTls } from './ports/cql.ts';
import type { NodeShell } from './ports/node-shell.ts';
import type { Ports } from './ports/ports.ts';
import type { Progress } from './ports/progress.ts';
import { SYSTEM_CLOCK as clock } from './ports/until.ts';
import { traced } from './tracing.ts';

/** Milliseconds for one CQL statement. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** What every target has in common. */
export interface Session {
  /** Milliseconds for one operation of a node: a big one takes long to flush. */
  readonly operationTimeoutMs: number;
  readonly progress: Progress;
  readonly logger: Logger;
  /** For CQL over TLS. */
  readonly cqlTls?: CqlTls | undefined;
  readonly cqlIdentity?: CqlIdentity | undefined;
}

export interface KubernetesTarget extends KubernetesOptions {
  /** How nodes are reached; without it by their addresses from inside the cluster, by tunnels from outside. */
  readonly via?: 'pod-address' | 'port-forward' | undefined;
  readonly access: Access;
  readonly usesCql: boolean;
  readonly image: string | undefined;
  readonly pullSecrets: readonly string[];
  readonly jobs: JobSettings;
  /** With the superuser's name and password, instead of the datacenters' own. */
  readonly superuserSecret?: string | undefined;
  /** Of the K8ssandraCluster in the namespace whose datacenters are meant, wherever they are. */
  readonly k8ssandraCluster?: string | undefined;
  /** The namespace that the run is a hook for. */
  readonly forNamespace?: string | undefined;
  /** Whether it is waited for, for `operationTimeoutMs`. */
  readonly awaitsK8ssandra?: boolean;
}

/** The concrete adapters for an embedded cluster. */
export function connectEmbedded(directory: string, session: Session): Ports {
  return assemble(session, {
    datacenters: embeddedDatacenters(directory),
    clones: embeddedClones,
    lease: embeddedLease(directory),
    events: noEvents,
    runs: embeddedRunNotes(directory),
    kasten: noKasten,
    recovery: embeddedRecovery(directory, isSea() ? '' : (process.argv[1] ?? '')),
    rewinding: embeddedRewinding(directory, ({ name, volume }) => openRewindVolume(volume, name)),
    shell: localShell(),
    credentials: async () => readSuperuser(readClusterFile(directory)),
    ...clientIdentity(tlsFiles(directory)),
  });
}

/** The concrete adapters for the datacenters of a Kubernetes namespace. */
export async function connectKubernetes(target: KubernetesTarget, session: Session): Promise<Ports> {
  // A big library, and of no use to an embedded cluster.
  const kubernetes = await import('./adapters/kubernetes/kubernetes.ts');
  const warn = (message: string) => session.progress.warn(message);
  const whole = { ...target, cqlTls: session.cqlTls !== undefined };
  const parts = await kubernetes.adapters(whole, session.operationTimeoutMs, warn);
  return assemble(session, { ...parts, rewinding: noRewinding });
}

/** The names of the secrets that the datacenters of these namespaces use. @throws NOT_FOUND where a namespace has none */
export async function findSecrets(
  options: KubernetesOptions,
  namespaces: readonly string[] | 'all',
): Promise<readonly string[]> {
  const kubernetes = await import('./adapters/kubernetes/kubernetes.ts');
  return kubernetes.secretsOf(options, namespaces);
}

/** Where the datacenters of a K8ssandraCluster are, with the secrets that those of each place use, or that are given. @throws NOT_FOUND */
export async function findK8ssandra(
  options: KubernetesOptions,
  name: string,
  given?: readonly string[] | 'all',
) {
  const kubernetes = await import('./adapters/kubernetes/kubernetes.ts');
  return kubernetes.secretsOfK8ssandra(options, name, given);
}

/** Have a datacenter archive its commit log, or end that. */
export async function switchArchiving(
  options: KubernetesOptions,
  to: Switch,
  warn: (message: string) => void,
): Promise<boolean> {
  const archiving = await import('./adapters/kubernetes/archiving.ts');
  const { connect } = await import('./adapters/kubernetes/client/connection.ts');
  return archiving.switchArchiving(connect(options), to, warn);
}

/** The concrete adapters for one volume as a directory, which nothing else works on. */
export function openVolume(path: string, progress: Progress) {
  const root = resolve(path);
  const peers = managementPeerProbe();
  return { volume: volumeFiles(root, root), peers, lease: embeddedLease(root), progress, clock };
}

/** The concrete adapters for what a rewind does in one volume. */
export function openRewindVolume(root: string, name: string) {
  return { ...volumeFiles(root, name), ...rewindFiles(root) };
}

interface Parts
  extends Pick<
    Ports,
    'datacenters' | 'clones' | 'lease' | 'events' | 'runs' | 'kasten' | 'recovery' | 'above' | 'rewinding'
  > {
  readonly shell: NodeShell;
  readonly credentials: CqlOptions['credentials'];
  readonly identityOf?: IdentityOf;
}

function assemble(session: Session, parts: Parts): Ports {
  const { operationTimeoutMs, progress, logger, cqlTls: tls, cqlIdentity: identity } = session;
  const { datacenters, clones, lease, events, runs, kasten, recovery, rewinding, above } = parts;
  const { shell, credentials, identityOf } = parts;
  const control = managementApi({
    timeoutMs: operationTimeoutMs,
    ...(identityOf === undefined ? {} : { identityOf }),
  });
  return {
    datacenters,
    clones,
    lease,
    events,
    runs,
    kasten,
    recovery,
    rewinding,
    control: traced(control, 'management API', logger),
    cql: traced(driverCql({ credentials, timeoutMs: STATEMENT_TIMEOUT_MS, tls, identity }), 'cql', logger),
    volumes: traced(new VolumeScripts(shell), 'volumes', logger),
    progress,
    clock,
    ...(above === undefined ? {} : { above }),
  };
}

/** A missing cluster is the datacenters port's to explain. */
function tlsFiles(directory: string) {
  try {
    return readClusterFile(directory).tls;
  } catch {
    return undefined;
  }
}

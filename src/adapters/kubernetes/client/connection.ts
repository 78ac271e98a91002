import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  AuthorizationV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
} from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import type { Location } from '../../../domain/k8ssandra/locations.ts';
import type { K8ssandraName, K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';
import { asCaller, type Caller, describeCaller } from './caller.ts';
import type { CassandraDatacenter } from './resources.ts';

export interface KubernetesOptions {
  /** Path; without it KUBECONFIG, ~/.kube/config, or inside a pod its service account. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** By `k8sContext` of a K8ssandraCluster: the context that leads to that Kubernetes. */
  readonly contexts?: ReadonlyMap<string, string> | undefined;
  /** Without it the context's, or the pod's own. */
  readonly namespace?: string | undefined;
}

/** One namespace of one Kubernetes. */
export interface Connection extends Location {
  readonly config: KubeConfig;
  /** Those to other Kubernetes clusters. */
  readonly others: OtherContexts;
  /** The K8ssandraCluster that the namespace is looked at for, with others. */
  readonly above?: K8ssandraSpec;
  /** All namespaces that are looked at for it, this one as well. */
  readonly ring?: readonly Connection[];
  /** What is noted of its datacenters elsewhere, put on them as they are read. */
  readonly noted?: (datacenters: readonly CassandraDatacenter[]) => Promise<readonly CassandraDatacenter[]>;
  /** Whether this process is a pod of that Kubernetes. */
  readonly inside: boolean;
  readonly caller: Caller;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly objects: CustomObjectsApi;
  readonly coordination: CoordinationV1Api;
  readonly authorization: AuthorizationV1Api;
}

/** The other contexts of the kubeconfig. */
export interface OtherContexts {
  /** Of all of them; null for a pod, which has none. */
  readonly names: readonly string[] | null;
  /** By `k8sContext`: those that were named. */
  readonly named: ReadonlyMap<string, string>;
  /** For datacenters of a K8ssandraCluster. @throws CLUSTER_UNREACHABLE where it is not there, or leads nowhere */
  connect(context: string, of: K8ssandraName): Connection;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const TOKEN = `${SERVICE_ACCOUNT}/token`;

/** @throws CLUSTER_UNREACHABLE where no configuration leads to a Kubernetes */
export function connect(options: KubernetesOptions): Connection {
  const inside = options.kubeconfig === undefined && !process.env['KUBECONFIG'] && existsSync(TOKEN);
  const config = inside ? ofThisPod() : read(configurationFiles(options.kubeconfig));
  use(config, options.context);
  return connected(config, options, inside);
}

function connected(
  config: KubeConfig,
  options: KubernetesOptions,
  inside: boolean,
  of?: K8ssandraName,
): Connection {
  const ownNamespace = inside
    ? readFileSync(`${SERVICE_ACCOUNT}/namespace`, 'utf8').trim()
    : config.getContextObject(config.currentContext)?.namespace;
  const caller = { ...describeCaller(config, inside ? TOKEN : null), of };
  return {
    config,
    namespace: options.namespace ?? ownNamespace ?? 'default',
    others: {
      names: inside ? null : config.contexts.map((c) => c.name),
      named: options.contexts ?? new Map(),
      connect: (context, of) => connected(sameFor(config, context), options, inside, of),
    },
    inside,
    ...callingAs(caller, {
      core: config.makeApiClient(CoreV1Api),
      batch: config.makeApiClient(BatchV1Api),
      objects: config.makeApiClient(CustomObjectsApi),
      coordination: config.makeApiClient(CoordinationV1Api),
      authorization: config.makeApiClient(AuthorizationV1Api),
    }),
  };
}

type Clients = Pick<Connection, 'core' | 'batch' | 'objects' | 'coordination' | 'authorization'>;

/** The same clients, whose errors know of this caller. */
export function callingAs(
  caller: Caller,
  { core, batch, objects, coordination, authorization }: Clients,
): Clients & Pick<Connection, 'caller'> {
  return {
    caller,
    core: asCaller(core, caller),
    batch: asCaller(batch, caller),
    objects: asCaller(objects, caller),
    coordination: asCaller(coordination, caller),
    authorization: asCaller(authorization, caller),
  };
}

/** The configuration as it was read, with another current context. */
function sameFor({ clusters, users, contexts }: KubeConfig, context: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({ clusters, users, contexts, currentContext: context });
  use(config, context);
  return config;
}

/** @throws CLUSTER_UNREACHABLE where the context, or without one the current one, cannot be used */
function use(config: KubeConfig, context: string | undefined): void {
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      throw noWay(
        `there is no context \`${context}\`; contexts: ${listed(config.contexts.map((c) => c.name))}`,
      );
    }
    config.setCurrentContext(context);
  }
  checkUsable(config);
}

function ofThisPod(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromCluster();
  return config;
}

/** As kubectl: of several files the first one that names a current context decides about that. */
function read([first, ...more]: readonly string[]): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(first ?? '');
    for (const file of more) config.mergeConfig(read([file]), Boolean(config.currentContext));
  } catch (cause) {
    throw noWay(cause instanceof Error ? cause.message : String(cause), cause);
  }
  return config;
}

/** Those that kubectl would read. @throws CLUSTER_UNREACHABLE where none is there */
function configurationFiles(asked: string | undefined): readonly string[] {
  const named = asked === undefined ? process.env['KUBECONFIG']?.split(delimiter).filter(Boolean) : [asked];
  const usual = join(homedir(), '.kube', 'config');
  const candidates = named === undefined || named.length === 0 ? [usual] : named;
  const found = candidates.filter((file) => existsSync(file));
  if (found.length > 0) return found;
  const variable = process.env['KUBECONFIG']
    ? `KUBECONFIG (${process.env['KUBECONFIG']})`
    : 'KUBECONFIG (not set)';
  const looked =
    asked === undefined
      ? `${variable}, ${usual}, and for the service account of a pod ${TOKEN}`
      : `--kubeconfig (${asked})`;
  throw new KassetteError(
    'CLUSTER_UNREACHABLE',
    `No kubeconfig was found. Looked at ${looked}.`,
    'Nothing was changed. Name one with `--kubeconfig`, and its context with `--context`; or name the directory of an embedded cluster with `--embedded`.',
  );
}

function checkUsable(config: KubeConfig): void {
  const { currentContext, contexts } = config;
  if (!currentContext) {
    throw noWay(`it has no current context; contexts: ${listed(contexts.map((c) => c.name))}`);
  }
  if (config.getContextObject(currentContext) === null) {
    throw noWay(
      `its current context \`${currentContext}\` is not in it; contexts: ${listed(contexts.map((c) => c.name))}`,
    );
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw noWay(`context \`${currentContext}\` names a cluster that is not in it`);
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new KassetteError(
      'CLUSTER_UNREACHABLE',
      `The API server of context \`${currentContext}\` is ${cluster.server}: plain HTTP, as \`kubectl proxy\` serves it.`,
      'Nothing was changed. kassette uses exec and tunnels, which `kubectl proxy` refuses. Use the kubeconfig of the API server itself (`--kubeconfig`, `--context`). If you do mean plain HTTP, set `insecure-skip-tls-verify` for that cluster.',
    );
  }
}

const listed = (names: readonly string[]) => (names.length === 0 ? 'none' : names.join(', '));

function noWay(why: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `The Kubernetes configuration cannot be used: ${why}.`,
    hint`Nothing was changed. Check \`--kubeconfig\`, \`KUBECONFIG\` and \`--context\` with ${kubectl('config', 'view')}.`,
    { cause },
  );
}

import { existsSync, readFileSync } from 'node:fs';
import {
  AuthorizationV1Api,
  BatchV1Api,
  CoordinationV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
} from '@kubernetes/client-node';
import { KassetteError } from '../../domain/errors.ts';

export interface KubernetesOptions {
  /** Path; without it KUBECONFIG, ~/.kube/config, or inside a pod its service account. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  /** Without it the context's, or the pod's own. */
  readonly namespace?: string | undefined;
}

/** One namespace of one Kubernetes. */
export interface Connection {
  readonly config: KubeConfig;
  readonly namespace: string;
  /** Whether this process is a pod of that Kubernetes. */
  readonly inside: boolean;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly objects: CustomObjectsApi;
  readonly coordination: CoordinationV1Api;
  readonly authorization: AuthorizationV1Api;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** @throws CLUSTER_UNREACHABLE where no configuration leads to a Kubernetes */
export function connect(options: KubernetesOptions): Connection {
  const inside =
    options.kubeconfig === undefined &&
    process.env['KUBECONFIG'] === undefined &&
    existsSync(`${SERVICE_ACCOUNT}/token`);
  const config = load(options, inside);
  const ownNamespace = inside
    ? readFileSync(`${SERVICE_ACCOUNT}/namespace`, 'utf8').trim()
    : config.getContextObject(config.currentContext)?.namespace;
  return {
    config,
    namespace: options.namespace ?? ownNamespace ?? 'default',
    inside,
    core: config.makeApiClient(CoreV1Api),
    batch: config.makeApiClient(BatchV1Api),
    objects: config.makeApiClient(CustomObjectsApi),
    coordination: config.makeApiClient(CoordinationV1Api),
    authorization: config.makeApiClient(AuthorizationV1Api),
  };
}

function load({ kubeconfig, context }: KubernetesOptions, inside: boolean): KubeConfig {
  const config = new KubeConfig();
  try {
    if (inside) config.loadFromCluster();
    else if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else config.loadFromDefault();
  } catch (cause) {
    throw noWay(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) throw noWay(`there is no context «${context}»`);
    config.setCurrentContext(context);
  }
  if (config.getCurrentCluster() === null) throw noWay('the current context has no cluster');
  return config;
}

function noWay(why: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `The Kubernetes configuration cannot be used: ${why}.`,
    'Check --kubeconfig, KUBECONFIG and --context with «kubectl config view».',
    { cause },
  );
}

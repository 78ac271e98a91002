import { readFileSync } from 'node:fs';
import type { KubeConfig } from '@kubernetes/client-node';
import type { K8ssandraName, K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';

/** As whom, and how, the API server is asked: what an error has to name. */
export interface Caller {
  readonly server: string;
  /** Of the kubeconfig; null for the service account of a pod. */
  readonly context: string | null;
  /** The kubeconfig's name of the user, or the service account's. */
  readonly user: string;
  /** Null for a person. */
  readonly account: ServiceAccount | null;
  /** When the token expires, ISO 8601; null where there is none, or it does not say. */
  readonly tokenExpires: string | null;
  /** The program that gives the credentials, and what its kubeconfig says of how to get it. */
  readonly plugin: { readonly command: string; readonly hint: string } | null;
  /** The K8ssandraCluster for which another Kubernetes than its own is asked: then errors say which. */
  readonly of?: K8ssandraName | undefined;
  /** The K8ssandraCluster all of which is meant: what is missing is granted in all of its namespaces at once. */
  readonly above?: K8ssandraSpec | undefined;
  /** A variable that names a proxy, which kubectl would use and kassette does not; null where the kubeconfig names one itself. */
  readonly unusedProxy: string | null;
}

export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

const PROXIES = ['HTTPS_PROXY', 'https_proxy'];

export function describeCaller(config: KubeConfig, tokenFile: string | null): Caller {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  const claims = claimsOf(tokenFile === null ? user?.token : readFileSync(tokenFile, 'utf8').trim());
  const account = accountOf(claims.sub);
  const exec = user?.exec as { command?: string; installHint?: string } | undefined;
  return {
    server: cluster?.server ?? '',
    context: tokenFile === null ? config.currentContext : null,
    user: account === null ? (user?.name ?? '') : `${account.namespace}/${account.name}`,
    account,
    tokenExpires: claims.exp === undefined ? null : new Date(claims.exp * 1000).toISOString(),
    plugin: exec?.command === undefined ? null : { command: exec.command, hint: exec.installHint ?? '' },
    unusedProxy: cluster?.proxyUrl ? null : (PROXIES.find((name) => process.env[name]) ?? null),
  };
}

const callers = new WeakMap<object, Caller>();

/** The same client, whose errors know who made the call. */
export function asCaller<T extends object>(client: T, caller: Caller): T {
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]) => {
        try {
          return await Reflect.apply(member, target, args);
        } catch (error) {
          if (typeof error === 'object' && error !== null) callers.set(error, caller);
          throw error;
        }
      };
    },
  });
}

/** Who made the call that failed so; undefined where that is not known. */
export function callerOf(error: unknown): Caller | undefined {
  return typeof error === 'object' && error !== null ? callers.get(error) : undefined;
}

/** The claims of a token; empty where it is no JWT. They are not verified: the API server does that. */
function claimsOf(token: string | undefined): { readonly sub?: string; readonly exp?: number } {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
    if (typeof claims !== 'object' || claims === null) return {};
    const { sub, exp } = claims as { sub?: unknown; exp?: unknown };
    return {
      ...(typeof sub === 'string' ? { sub } : {}),
      ...(typeof exp === 'number' ? { exp } : {}),
    };
  } catch {
    return {};
  }
}

function accountOf(subject: string | undefined): ServiceAccount | null {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject ?? '') ?? [];
  return namespace === undefined || name === undefined ? null : { namespace, name };
}

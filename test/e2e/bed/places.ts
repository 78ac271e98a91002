import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { cacheDirectory } from '../../../lab/cassandra/prerequisites.ts';

/** The node's name and every address of the bed. The bridge's address is the node's, the API server's and the DNS's. */
export const NODE = 'kassette-bed';
export const BRIDGE = 'kb0';
export const BRIDGE_ADDRESS = '10.244.0.1';
export const BRIDGE_SUBNET = '10.244.0.0/16';
export const SERVICE_SUBNET = '10.96.0.0/16';
export const API_SERVER = `https://${BRIDGE_ADDRESS}:6443`;
export const CGROUP = 'kassette-bed';

/** On loopback, away from the usual ones: the machine may run an etcd of its own. */
export const ports = {
  etcd: 23790,
  etcdPeer: 23800,
  controllerManager: 23257,
  scheduler: 23259,
  kubeletHealth: 23248,
  proxyHealth: 23256,
  proxyMetrics: 23249,
  dnsReady: 23181,
  operatorHealth: 23081,
} as const;

/** Where this machine remembers which directory holds the bed: bridge and addresses can be used by one alone. */
export const MARKER = '/run/kassette-bed.directory';

export interface Places {
  readonly directory: string;
  readonly logs: string;
  readonly pids: string;
  readonly etcd: string;
  /** Serving certificate, tokens, kubeconfig files, service account key. */
  readonly credentials: string;
  readonly containerd: string;
  readonly containerdSocket: string;
  readonly cni: string;
  readonly kubelet: string;
  readonly podLogs: string;
  readonly kubernetesVersion: string;
  readonly configuration: string;
  readonly volumes: string;
  readonly volumesFile: string;
  readonly kernelSettings: string;
}

/** The directory as the kernel names it: mounts and command lines are recognised by that. */
export function realDirectory(asked: string): string {
  const directory = resolve(asked);
  if (existsSync(directory)) return realpathSync(directory);
  const parent = dirname(directory);
  return parent === directory ? directory : join(realDirectory(parent), basename(directory));
}

export function placesIn(directory: string): Places {
  const at = (name: string) => join(directory, name);
  return {
    directory,
    logs: at('logs'),
    pids: at('pids'),
    etcd: at('etcd'),
    credentials: at('credentials'),
    containerd: at('containerd'),
    containerdSocket: at('containerd/containerd.sock'),
    cni: at('cni'),
    kubelet: at('kubelet'),
    podLogs: at('pod-logs'),
    kubernetesVersion: at('kubernetes-version'),
    configuration: at('configuration'),
    volumes: at('volumes'),
    volumesFile: at('volumes.btrfs'),
    kernelSettings: at('kernel-settings.json'),
  };
}

export const kubeconfigOf = (places: Places, user: string): string =>
  join(places.credentials, `${user}.kubeconfig`);

/** The serving certificate with the authority that signed it, written by the API server at its first start. */
export const authorityOf = (places: Places): string => join(places.credentials, 'apiserver.crt');

export const bedCache = (): string => join(cacheDirectory(), 'bed');

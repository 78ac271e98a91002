import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCgroups } from '../machine/cgroups.ts';
import { lendPodLogs } from '../machine/machine-traces.ts';
import { start, untilReady } from '../machine/processes.ts';
import { BRIDGE_ADDRESS, CGROUP, kubeconfigOf, NODE, type Places, ports } from '../places.ts';
import { answers, readObject } from '../probe.ts';
import { kubernetesProgram } from './programs.ts';
import { type KubernetesVersion, minorOf, versionOf } from './versions.ts';

/** The first releases that have these fields, by their minor number: `podLogsDir` and `failCgroupV1`. */
const CHOSEN_POD_LOGS = 30;
const CGROUP_V1_ASKED = 31;

interface NodeObject {
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export async function startKubelet(places: Places): Promise<void> {
  mkdirSync(places.kubelet, { recursive: true });
  createCgroups();
  const version = versionOf(places);
  if (minorOf(version) < CHOSEN_POD_LOGS) lendPodLogs(places);
  const configuration = join(places.configuration, 'kubelet.json');
  writeFileSync(join(places.configuration, 'resolv.conf'), `nameserver ${BRIDGE_ADDRESS}\n`);
  writeFileSync(configuration, JSON.stringify(kubeletConfiguration(places, version), null, 2));
  const args = [
    `--config=${configuration}`,
    `--kubeconfig=${kubeconfigOf(places, 'kubelet')}`,
    `--root-dir=${places.kubelet}`,
    `--cert-dir=${join(places.kubelet, 'pki')}`,
    `--hostname-override=${NODE}`,
    `--node-ip=${BRIDGE_ADDRESS}`,
  ];
  start(places, { name: 'kubelet', command: kubernetesProgram(places, 'kubelet'), args });
  await untilReady(places, 'kubelet', () => answers(`http://127.0.0.1:${ports.kubeletHealth}/healthz`));
}

/** Ready, and without the taint that keeps pods away until the node controller has seen it. */
export function nodeReady(places: Places): Promise<void> {
  return untilReady(places, 'kubelet', async () => {
    const node = await readObject<NodeObject>(places, `/api/v1/nodes/${NODE}`);
    const ready = node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true && (node?.spec.taints ?? []).length === 0;
  });
}

/** Fields that a release does not know make it pass over the mistakes in all others. */
export function kubeletConfiguration(places: Places, version: KubernetesVersion): object {
  const minor = minorOf(version);
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: BRIDGE_ADDRESS,
    healthzPort: ports.kubeletHealth,
    readOnlyPort: 0,
    // Who may exec is decided by the API server; the node itself is reachable from this machine alone.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${places.containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${CGROUP}`,
    // Without it, one of 1.35 or newer does not start on a machine with cgroup v1.
    ...(minor < CGROUP_V1_ASKED ? {} : { failCgroupV1: false }),
    failSwapOn: false,
    clusterDNS: [BRIDGE_ADDRESS],
    clusterDomain: 'cluster.local',
    resolvConf: join(places.configuration, 'resolv.conf'),
    ...(minor < CHOSEN_POD_LOGS ? {} : { podLogsDir: places.podLogs }),
    volumePluginDir: join(places.kubelet, 'volume-plugins'),
    // kube-proxy has its own chains; the kubelet's would only be more to clean up.
    makeIPTablesUtilChains: false,
    // Images come from archives: one that was collected could not be pulled again.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'imagefs.available': '1%',
      'nodefs.inodesFree': '1%',
    },
    maxPods: 60,
  };
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubernetesProgram } from '../kubernetes/programs.ts';
import { start, untilReady } from '../machine/processes.ts';
import { BRIDGE_ADDRESS, BRIDGE_SUBNET, kubeconfigOf, NODE, type Places, ports } from '../places.ts';
import { answers } from '../probe.ts';

export async function startProxy(places: Places): Promise<void> {
  const configuration = join(places.configuration, 'kube-proxy.json');
  writeFileSync(configuration, JSON.stringify(proxyConfiguration(places), null, 2));
  start(places, {
    name: 'kube-proxy',
    command: kubernetesProgram(places, 'kube-proxy'),
    args: [`--config=${configuration}`],
  });
  await untilReady(places, 'kube-proxy', () => answers(`http://127.0.0.1:${ports.proxyHealth}/healthz`));
}

function proxyConfiguration(places: Places): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    bindAddress: BRIDGE_ADDRESS,
    hostnameOverride: NODE,
    clusterCIDR: BRIDGE_SUBNET,
    clientConnection: { kubeconfig: kubeconfigOf(places, 'kube-proxy') },
    healthzBindAddress: `127.0.0.1:${ports.proxyHealth}`,
    metricsBindAddress: `127.0.0.1:${ports.proxyMetrics}`,
    // Each would change a setting of the whole machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    iptables: { localhostNodePorts: false },
  };
}

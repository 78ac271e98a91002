import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary } from '../binaries/binaries.ts';
import { start, untilReady } from '../machine/processes.ts';
import { BRIDGE_ADDRESS, kubeconfigOf, type Places, ports } from '../places.ts';
import { answers } from '../probe.ts';

/** CoreDNS on the host: the operator's seed services are looked up by name. */
export async function startDns(places: Places): Promise<void> {
  const corefile = join(places.configuration, 'Corefile');
  writeFileSync(corefile, corefileText(places));
  start(places, { name: 'coredns', command: binary('coredns', 'coredns'), args: ['-conf', corefile] });
  await untilReady(places, 'coredns', () => answers(`http://127.0.0.1:${ports.dnsReady}/ready`));
}

/** What the DNS reads, for its user of the API. */
export const dnsAccess: readonly object[] = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'kassette-bed-dns' },
    rules: [
      {
        apiGroups: [''],
        resources: ['services', 'pods', 'namespaces', 'nodes'],
        verbs: ['list', 'watch', 'get'],
      },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kassette-bed-dns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kassette-bed-dns' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:coredns' }],
  },
];

/** Names from elsewhere do not exist, said at once: a pod must not wait for an answer from outside. */
function corefileText(places: Places): string {
  // Two blocks: in one, the template would answer before the cluster's names are looked at.
  return `cluster.local:53 in-addr.arpa:53 {
  bind ${BRIDGE_ADDRESS}
  errors
  ready 127.0.0.1:${ports.dnsReady}
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfigOf(places, 'coredns')}
    pods insecure
    ttl 1
  }
}
.:53 {
  bind ${BRIDGE_ADDRESS}
  template ANY ANY . {
    rcode NXDOMAIN
  }
}
`;
}

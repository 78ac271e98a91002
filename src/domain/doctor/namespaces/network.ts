import type { DoctorFacts, Ingress, NetworkPolicy, Place } from '../facts.ts';
import { type Finding, known, orElse, problem, unknown, warning } from '../finding.ts';

/** What a hook has to reach on each node: the management API and CQL, by number and as cass-operator calls the ports. */
const PORTS = [
  { port: 8080, name: 'mgmt-api-http' },
  { port: 9042, name: 'native' },
] as const;

const DATACENTER = 'cassandra.datastax.com/datacenter';
type Answer = 'yes' | 'no' | 'perhaps';

/** Whether network policies, and proxies with mTLS, let hooks reach the nodes. */
export function checkNetwork({ places, surroundings, namespace, kasten }: DoctorFacts): readonly Finding[] {
  const hasRun = orElse(kasten.restorePoints, []).length > 0;
  const closed = known(surroundings.policies, (policies) =>
    places.flatMap(({ place }) => closedTo(place, namespace, policies, hasRun)),
  );
  const out = places.flatMap(({ place, policies }) => known(policies, (own) => closedIn(place, own)));
  const meshed = known(surroundings.proxies, (proxies) =>
    proxies.length === 0 ? [] : [inMesh(proxies, places.length)],
  );
  // A backup that was made has reached all of it.
  return [...closed, ...out, ...(hasRun ? [] : meshed)];
}

function closedTo(
  place: Place,
  namespace: string,
  policies: readonly NetworkPolicy[],
  hasRun: boolean,
): readonly Finding[] {
  const selecting = policies.filter((p) => p.ingress !== null && selectsCassandra(p));
  if (selecting.length === 0) return [];
  const names = selecting.map((p) => p.name).join(', ');
  return PORTS.flatMap(({ port, name }) => {
    const rules = selecting.flatMap((p) => p.ingress ?? []).filter((r) => isOpen(r, port, name));
    const answers = rules.map((r) => admits(r, place.namespace, namespace));
    if (answers.includes('yes')) return [];
    const wayOut = `Allow it: a NetworkPolicy in ${namespace} for the pods with the label ${DATACENTER}, with ingress on TCP ports 8080 and 9042 from the namespace ${place.namespace} (namespaceSelector kubernetes.io/metadata.name).`;
    if (!answers.includes('perhaps')) {
      return [
        problem(
          `NetworkPolicy ${names} lets nothing of namespace ${place.namespace} reach port ${port} of the nodes in ${namespace}: hooks cannot work.`,
          wayOut,
        ),
      ];
    }
    if (hasRun) return [];
    return [
      unknown(
        `Whether NetworkPolicy ${names} lets hooks of namespace ${place.namespace} reach port ${port} of the nodes depends on labels or addresses that doctor does not know.`,
        wayOut,
      ),
    ];
  });
}

/** By the label that all have, or any: others may differ from pod to pod, and are taken for theirs. */
function selectsCassandra({ selector }: NetworkPolicy): boolean {
  return selector.every(
    (key) => key.startsWith('cassandra.datastax.com/') || key.startsWith('app.kubernetes.io/'),
  );
}

function isOpen({ ports }: Ingress, port: number, name: string): boolean {
  if (ports.length === 0) return true;
  return ports.some((p) => {
    if (p.protocol !== 'TCP') return false;
    if (p.port === undefined || p.port === name) return true;
    return typeof p.port === 'number' && p.port <= port && port <= (p.endPort ?? p.port);
  });
}

function admits({ from }: Ingress, own: string, namespace: string): Answer {
  if (from.length === 0) return 'yes';
  const answers = from.map((peer) => admitsPeer(peer, own, namespace));
  return (['yes', 'perhaps'] as const).find((a) => answers.includes(a)) ?? 'no';
}

function admitsPeer(peer: Ingress['from'][number], own: string, namespace: string): Answer {
  if (peer.isBlock) return 'perhaps';
  // Without namespaces it is about those of its own.
  const namespaces = peer.namespaces ?? [namespace];
  if (namespaces === 'all' || namespaces.includes(own)) return peer.anyPod ? 'yes' : 'perhaps';
  return peer.isCertain ? 'no' : 'perhaps';
}

function closedIn({ namespace }: Place, policies: readonly NetworkPolicy[]): readonly Finding[] {
  const all = policies.filter((p) => p.selector.length === 0 && p.egressRules !== null);
  const rules = all.reduce((sum, p) => sum + (p.egressRules ?? 0), 0);
  const others = policies.some((p) => p.selector.length > 0 && (p.egressRules ?? 0) > 0);
  if (all.length === 0 || rules > 0 || others) return [];
  return [
    problem(
      `NetworkPolicy ${all.map((p) => p.name).join(', ')} lets pods of namespace ${namespace} reach nothing: hooks reach neither the API server nor the nodes.`,
      `Allow egress from ${namespace}: to the API server, and to TCP ports 8080 and 9042 of the pods with the label ${DATACENTER}.`,
    ),
  ];
}

function inMesh(proxies: readonly string[], places: number): Finding {
  return warning(
    `The nodes' pods are in a mesh (${proxies.join(', ')}). With strict mTLS it refuses ${places === 0 ? 'kassette' : 'hooks'} that are outside it; no backup shows that it does not.`,
    'Let ports 8080 and 9042 of these pods be reached without mTLS: Istio by a PeerAuthentication with `portLevelMtls` PERMISSIVE, Linkerd by the annotation `config.linkerd.io/skip-inbound-ports: "8080,9042"`. From outside the cluster tunnels go around it.',
  );
}

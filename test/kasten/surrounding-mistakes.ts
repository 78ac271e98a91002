import { networkPolicy } from '../../src/adapters/kubernetes/kasten/network-policies.ts';
import type { Mistakes } from './policy-mistakes.ts';

const policy = (name: string, spec: object) => ({
  ...{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  metadata: { name, namespace: 'cass-operator' },
  spec,
});
const PORTS = [
  { protocol: 'TCP', port: 8080 },
  { protocol: 'TCP', port: 'native' },
];
const own = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kassette' } } };
const cassandra = { matchLabels: { 'cassandra.datastax.com/datacenter': 'cass-prd' } };

export const DENIES_ALL = policy('default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
export const LETS_IN = policy('for-kassette', {
  podSelector: cassandra,
  policyTypes: ['Ingress'],
  ingress: [{ from: [own], ports: PORTS }],
});
export const LETS_ALL_IN = policy('open', { podSelector: {}, ingress: [{}] });
export const OF_OTHER_PODS = policy('web', {
  podSelector: { matchLabels: { app: 'web' } },
  policyTypes: ['Ingress'],
});
export const BY_LABELS = policy('by-labels', {
  podSelector: {},
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'backup' } } }] }],
});
/** Their own clients and the ring: what people write who do not think of backups. */
const CLIENTS_ONLY = policy('clients', {
  podSelector: cassandra,
  policyTypes: ['Ingress'],
  ingress: [
    { from: [{ podSelector: {} }] },
    {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }],
      ports: [{ protocol: 'TCP', port: 9042 }],
    },
  ],
});
const CQL_ONLY = policy('cql', {
  podSelector: {},
  policyTypes: ['Ingress'],
  ingress: [{ from: [own], ports: [{ protocol: 'TCP', port: 9000, endPort: 9100 }] }],
});

const read = (...policies: readonly object[]) => ({ value: policies.map((p) => networkPolicy.parse(p)) });
const refused = (words: string) => ({
  value: [{ refused: words, beside: [], user: { runAsUser: 999, runAsGroup: 999, fsGroup: 999 } }],
});

/** What the namespaces do to hooks and Jobs. */
export const surroundingMistakes: Mistakes = {
  'a quota that the Jobs do not satisfy': {
    surroundings: {
      jobs: refused(
        'pods "kassette-asked-x" is forbidden: failed quota: compute: must specify requests.ephemeral-storage for: kassette',
      ),
    },
    check: 'jobs',
    says: /^A Job of a cold restore is not admitted in cass-operator: pods .* failed quota: compute: must specify/,
  },
  'a quota that is used up now': {
    surroundings: {
      jobs: refused(
        'pods "x" is forbidden: exceeded quota: full, requested: pods=1, used: pods=3, limited: pods=3',
      ),
    },
    check: 'jobs',
    says: /exceeded quota: full, .* \(now\)$/,
  },
  'a user that OpenShift does not allow': {
    surroundings: {
      jobs: refused(
        'pods "x" is forbidden: unable to validate against any security context constraint: [provider restricted-v2: .containers[0].runAsUser: Invalid value: 999: must be in the ranges: [1000680000, 1000689999]]',
      ),
    },
    check: 'jobs',
    says: /must be in the ranges: \[1000680000, 1000689999\]/,
  },
  'a policy that cannot be asked': {
    surroundings: { jobs: refused('admission webhook "x.y" does not support dry run') },
    check: 'jobs',
    says: /^Whether pods are admitted cannot be asked: /,
  },
  'hooks that are not admitted': {
    place: {
      admission: {
        value: {
          refused: 'pods "x" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
          beside: [],
        },
      },
    },
    check: 'jobs',
    says: /^A hook's pod is not admitted in kassette: .*maximum cpu usage/,
  },
  'hooks that get a proxy': {
    place: { admission: { value: { refused: null, beside: ['istio-proxy'] } } },
    check: 'jobs',
    says: /^Pods of hooks in kassette get istio-proxy beside their own container/,
  },
  'a mesh around the nodes before the first backup': {
    objects: (o) => {
      o.restorePoints = [];
    },
    surroundings: { proxies: { value: ['linkerd-proxy'] } },
    check: 'network',
    says: /^The nodes' pods are in a mesh \(linkerd-proxy\)/,
  },
  'policies that deny all': {
    surroundings: { policies: read(DENIES_ALL) },
    check: 'network',
    says: /^NetworkPolicy default-deny lets nothing of namespace kassette reach port 8080 .*/,
  },
  'a policy for other clients': {
    surroundings: { policies: read(CLIENTS_ONLY) },
    check: 'network',
    says: /^NetworkPolicy clients lets nothing of namespace kassette reach port 9042/,
  },
  'a policy for CQL alone': {
    surroundings: { policies: read(CQL_ONLY) },
    check: 'network',
    says: /^NetworkPolicy cql lets nothing of namespace kassette reach port 8080/,
  },
  'a policy that cannot be judged, before the first backup': {
    objects: (o) => {
      o.restorePoints = [];
    },
    surroundings: { policies: read(BY_LABELS) },
    check: 'network',
    says: /^Whether NetworkPolicy by-labels .* reach port 8080 .* depends on labels/,
  },
  'hooks that may reach nothing': {
    place: { policies: read(DENIES_ALL) },
    check: 'network',
    says: /lets pods of namespace kassette reach nothing/,
  },
};

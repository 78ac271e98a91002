import { countAbove, DURATION, flag, grouped, oneOf, TEXT_OR_NONE, TEXTS } from './flag.ts';

/** How a command reaches the cluster, and how long it waits for it. */
export const CONNECTION = grouped('Connection:', {
  kubeconfig: flag(
    '--kubeconfig <file>',
    'Kubernetes configuration (default: as for kubectl, or the service account of the pod)',
    TEXT_OR_NONE,
    { neverEmpty: true, locates: true },
  ),
  context: flag(
    '--context <name>',
    "context of the kubeconfig (default: the current one); with --k8ssandra-cluster also K8SCONTEXT=NAME, once for each datacenter's k8sContext",
    TEXTS,
    { neverEmpty: true, locates: true, repeats: true },
  ),
  via: flag(
    '--cql-via <way>',
    'how to reach the nodes (default: pod-address inside the cluster, port-forward outside)',
    oneOf('pod-address', 'port-forward').optional(),
  ),
  superuserSecret: flag(
    '--superuser-secret <name>',
    "secret with the superuser's username and password (default: that of the datacenter)",
    TEXT_OR_NONE,
    { neverEmpty: true, locates: true },
  ),
  cqlCa: flag('--cql-ca <file>', "CQL over TLS: CA of the nodes' certificates, PEM", TEXT_OR_NONE, {
    env: 'KASSETTE_CQL_CA',
  }),
  cqlCert: flag(
    '--cql-cert <file>',
    'CQL over TLS: client certificate, PEM, if the nodes ask for one',
    TEXT_OR_NONE,
  ),
  cqlKey: flag('--cql-key <file>', 'CQL over TLS: key of the client certificate, PEM', TEXT_OR_NONE),
  cqlTlsVerify: flag(
    '--cql-tls-verify <what>',
    'CQL over TLS: name: a certificate must name a node; auto: if it names anybody; ca: the CA is enough (default: auto)',
    oneOf('auto', 'name', 'ca').optional(),
  ),
  cqlTlsIdentity: flag(
    '--cql-tls-identity <name...>',
    'CQL over TLS: what a certificate must name, instead of a node',
    TEXTS,
  ),
  timeoutMs: flag(
    '--timeout <duration>',
    'limit of a wait without progress, and of one operation on a node: 90s, 10m',
    DURATION,
    { default: '5m', plain: true },
  ),
  maxWaitMs: flag(
    '--max-wait <duration>',
    'limit of the whole wait for nodes (default: none while they make progress)',
    DURATION.optional(),
  ),
  concurrency: flag(
    '--concurrency <nodes>',
    'number of nodes to work on at a time',
    countAbove(0, 'a number of nodes'),
    { default: '32', plain: true },
  ),
});

/** Of commands that read many files. */
export const LIMITS = grouped('Connection:', {
  timeLimitMs: flag(
    '--time-limit <duration>',
    'when this run is ended from outside, as a hook is; if reading files takes longer, it says so at its beginning: 18m',
    DURATION.optional(),
  ),
});

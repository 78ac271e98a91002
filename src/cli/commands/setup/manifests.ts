import { KassetteError } from '../../../domain/errors.ts';
import { NO_SETTINGS, resourcesOf } from '../../../domain/jobs/settings.ts';
import { called } from '../../../domain/k8ssandra/members.ts';
import { installation } from '../../../packaging/installation.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { DEFAULTS, HOOK_RESOURCES, type Names } from '../../../packaging/settings.ts';
import { warningsOf, withWarnings } from '../../../packaging/warnings.ts';
import { type PrintContext, printCommand } from '../../descriptor.ts';
import { contextsOf } from '../../flags/contexts.ts';
import type { Values } from '../../flags/flag.ts';
import { jobsOf } from '../../flags/jobs.ts';
import { MANIFESTS } from '../../flags/setup.ts';
import {
  byNamespace,
  givenSecrets,
  placesText,
  refuseAcross,
  refuseBound,
  secretNames,
  secretsText,
} from './secret-names.ts';

/** What the Helm chart installs. */
export const manifestsCommand = printCommand({
  name: 'manifests',
  summary: 'Print everything that Kasten needs to run kassette, as YAML.',
  section: 'Set up:',
  flags: MANIFESTS,
  examples: [
    'kassette manifests --image registry.example/kassette:0.1.0 --datacenter-namespace cass-operator | kubectl apply -f -',
    'kassette manifests --datacenter-namespace cass-operator --secret dse-superuser > kassette.yaml',
    'kassette manifests --datacenter-namespace k8ssandra --k8ssandra-cluster demo | kubectl apply -f -',
  ],
  async print(given, context) {
    if (given.k8ssandraCluster !== undefined) return ofK8ssandra(given, given.k8ssandraCluster, context);
    const { hookRequests: _, hookLimits: __, k8ssandraCluster: ___, ...options } = given;
    const { namespace, kastenNamespace, datacenterNamespaces, clusterWide } = options;
    const namespaces = clusterWide ? 'all' : named(datacenterNamespaces);
    const secrets = await secretNames(options, namespaces, context);
    const chosen = podsOf(given);
    const warnings = warningsOf(namespaces, secrets);
    for (const warning of warnings) context.warn(warning);
    const where = clusterWide ? 'every namespace of the cluster' : datacenterNamespaces.join(', ');
    return yamlOf(
      installation({ ...DEFAULTS, ...options, ...chosen, datacenterNamespaces: namespaces, secrets }),
      withWarnings(
        warnings,
        `kassette for Kasten in ${kastenNamespace}, for the datacenters in ${where}; it may read ${secretsText(secrets)}.
These namespaces have to be there, and its own: kubectl create namespace ${namespace}`,
      ),
    );
  },
});

type Options = Values<typeof MANIFESTS>;

function podsOf({ hookRequests: requests, hookLimits: limits, ...options }: Options) {
  const resources = resourcesOf({ ...NO_SETTINGS, requests, limits }, HOOK_RESOURCES);
  return { resources, jobs: jobsOf(options) };
}

/** Hooks of its own, and rights for exactly the namespaces of its datacenters. */
async function ofK8ssandra(
  given: Options,
  name: string,
  { findK8ssandra, warn }: PrintContext,
): Promise<string> {
  refuseBound(given.mode);
  const { hookRequests: _, hookLimits: __, k8ssandraCluster: ___, ...options } = given;
  const [place, ...more] = options.datacenterNamespaces;
  if (place === undefined || more.length > 0)
    throw new KassetteError(
      'USAGE',
      'With `--k8ssandra-cluster`, `--datacenter-namespace` names one namespace: that of the K8ssandraCluster.',
      'Nothing was printed. The namespaces of its datacenters are looked up.',
    );
  const cluster = { namespace: place, name };
  const asked = givenSecrets(options);
  const { kubeconfig } = options;
  const places = await findK8ssandra({ kubeconfig, ...contextsOf(given), namespace: place }, name, asked);
  refuseAcross(cluster, places);
  const secrets = byNamespace(places);
  const datacenterNamespaces = [...secrets.keys()];
  const warnings = warningsOf(datacenterNamespaces, asked ?? []);
  for (const warning of warnings) warn(warning);
  return yamlOf(
    installation({
      ...{ ...DEFAULTS, ...options, ...podsOf(given), datacenterNamespaces, secrets: [] },
      k8ssandra: { cluster, secrets },
    }),
    withWarnings(
      warnings,
      `kassette for Kasten in ${options.kastenNamespace}, for ${called(cluster)} with datacenters in\n${placesText(secrets)}.
These namespaces have to be there, and its own: kubectl create namespace ${options.namespace}`,
    ),
  );
}

function named(namespaces: readonly string[]): Names {
  if (namespaces.length > 0) return namespaces;
  throw new KassetteError(
    'USAGE',
    'The command line does not say in which namespaces the datacenters are.',
    'Name them: `--datacenter-namespace NAME...`. The rights hold in these alone. `--cluster-wide` grants them in every namespace of the cluster.',
  );
}

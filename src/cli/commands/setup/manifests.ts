import { KassetteError } from '../../../domain/errors.ts';
import { NO_SETTINGS, resourcesOf } from '../../../domain/jobs/settings.ts';
import { installation } from '../../../packaging/installation.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { DEFAULTS, HOOK_RESOURCES, type Names } from '../../../packaging/settings.ts';
import { warningsOf, withWarnings } from '../../../packaging/warnings.ts';
import { printCommand } from '../../descriptor.ts';
import { jobsOf } from '../../flags/jobs.ts';
import { MANIFESTS } from '../../flags/setup.ts';
import { secretNames, secretsText } from './secret-names.ts';

/** What the Helm chart installs. */
export const manifestsCommand = printCommand({
  name: 'manifests',
  summary: 'Print everything that Kasten needs to run kassette, as YAML.',
  section: 'Set up:',
  flags: MANIFESTS,
  examples: [
    'kassette manifests --image registry.example/kassette:0.1.0 --datacenter-namespace cass-operator | kubectl apply -f -',
    'kassette manifests --datacenter-namespace cass-operator --secret dse-superuser > kassette.yaml',
  ],
  async print({ hookRequests, hookLimits, ...options }, context) {
    const { namespace, kastenNamespace, datacenterNamespaces, clusterWide } = options;
    const namespaces = clusterWide ? 'all' : named(datacenterNamespaces);
    const secrets = await secretNames(options, namespaces, context);
    const hook = { ...NO_SETTINGS, requests: hookRequests, limits: hookLimits };
    const chosen = { resources: resourcesOf(hook, HOOK_RESOURCES), jobs: jobsOf(options) };
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

function named(namespaces: readonly string[]): Names {
  if (namespaces.length > 0) return namespaces;
  throw new KassetteError(
    'USAGE',
    'The command line does not say in which namespaces the datacenters are.',
    'Name them: `--datacenter-namespace NAME...`. The rights hold in these alone. `--cluster-wide` grants them in every namespace of the cluster.',
  );
}

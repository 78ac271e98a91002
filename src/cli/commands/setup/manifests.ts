import { installation } from '../../../packaging/installation.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { DEFAULTS } from '../../../packaging/settings.ts';
import { printCommand } from '../../descriptor.ts';
import { MANIFESTS } from '../../flags/setup.ts';

/** What the Helm chart installs. */
export const manifestsCommand = printCommand({
  name: 'manifests',
  summary: 'Print everything that Kasten needs to run kassette, as YAML.',
  section: 'Set up:',
  flags: MANIFESTS,
  examples: ['kassette manifests --image registry.example/kassette:0.1.0 | kubectl apply -f -'],
  print(options) {
    const { namespace, kastenNamespace, datacenterNamespaces } = options;
    const where = datacenterNamespaces.length === 0 ? 'every namespace' : datacenterNamespaces.join(', ');
    return yamlOf(
      installation({ ...DEFAULTS, ...options }),
      `kassette for Kasten in ${kastenNamespace}, for the datacenters in ${where}.
Its own namespace has to be there: kubectl create namespace ${namespace}`,
    );
  },
});

import { yamlOf } from '../../../packaging/manifests.ts';
import { rbac } from '../../../packaging/rbac.ts';
import { warningsOf, withWarnings } from '../../../packaging/warnings.ts';
import { printCommand } from '../../descriptor.ts';
import { RBAC } from '../../flags/setup.ts';
import { secretNames, secretsText } from './secret-names.ts';

export const rbacCommand = printCommand({
  name: 'rbac',
  summary: 'Print the service account and the rights that kassette needs, as YAML.',
  section: 'Set up:',
  flags: RBAC,
  examples: [
    'kassette rbac --namespace cass-operator | kubectl apply -f -',
    'kassette rbac --namespace cass-operator --secret dse-superuser > rbac.yaml',
    'kassette rbac --namespace cass-operator --service-account kassette/kassette | kubectl apply -f -',
  ],
  async print(options, context) {
    const { namespace, clusterWide } = options;
    const namespaces = clusterWide ? 'all' : [namespace];
    const secrets = await secretNames(options, namespaces, context);
    const warnings = warningsOf(namespaces, secrets);
    for (const warning of warnings) context.warn(warning);
    const objects = rbac({ ...options, scope: clusterWide ? 'cluster' : 'namespace', secrets });
    const where = clusterWide ? 'every namespace of the cluster' : namespace;
    return yamlOf(
      objects,
      withWarnings(warnings, `What kassette may do in ${where}; it may read ${secretsText(secrets)}.`),
    );
  },
});

import { yamlOf } from '../../../packaging/manifests.ts';
import { rbac } from '../../../packaging/rbac.ts';
import { printCommand } from '../../descriptor.ts';
import { RBAC } from '../../flags/setup.ts';

export const rbacCommand = printCommand({
  name: 'rbac',
  summary: 'Print the service account and the rights that kassette needs, as YAML.',
  section: 'Set up:',
  flags: RBAC,
  examples: [
    'kassette rbac --namespace cass-operator --secret dse-superuser | kubectl apply -f -',
    'kassette rbac --namespace cass-operator --service-account kassette/kassette | kubectl apply -f -',
  ],
  print({ clusterWide, ...options }) {
    const objects = rbac({ ...options, scope: clusterWide ? 'cluster' : 'namespace' });
    return yamlOf(objects, `What kassette may do in ${clusterWide ? 'the cluster' : options.namespace}.`);
  },
});

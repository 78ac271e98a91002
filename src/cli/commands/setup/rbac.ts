import { yamlOf } from '../../../packaging/manifests.ts';
import { k8ssandraRbac, rbac } from '../../../packaging/rbac.ts';
import { warningsOf, withWarnings } from '../../../packaging/warnings.ts';
import { type PrintContext, printCommand } from '../../descriptor.ts';
import type { Values } from '../../flags/flag.ts';
import { RBAC } from '../../flags/setup.ts';
import { givenSecrets, placesText, secretNames, secretsText } from './secret-names.ts';

export const rbacCommand = printCommand({
  name: 'rbac',
  summary: 'Print the service account and the rights that kassette needs, as YAML.',
  section: 'Set up:',
  flags: RBAC,
  examples: [
    'kassette rbac --namespace cass-operator | kubectl apply -f -',
    'kassette rbac --namespace cass-operator --secret dse-superuser > rbac.yaml',
    'kassette rbac --namespace cass-operator --service-account kassette/kassette | kubectl apply -f -',
    'kassette rbac --namespace k8ssandra --k8ssandra-cluster demo | kubectl apply -f -',
  ],
  async print(options, context) {
    if (options.k8ssandraCluster !== undefined)
      return ofK8ssandra(options, options.k8ssandraCluster, context);
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

/** The secrets of each namespace apart, so that none may be read where no datacenter names it. */
async function ofK8ssandra(
  options: Values<typeof RBAC>,
  name: string,
  { findK8ssandra, warn }: PrintContext,
): Promise<string> {
  const { namespace, secrets: named, allSecrets, account, outside, kubeconfig, context } = options;
  const given = givenSecrets({ allSecrets, secrets: named });
  const secrets = await findK8ssandra({ kubeconfig, context, namespace }, name, given);
  const warnings = warningsOf([...secrets.keys()], given ?? []);
  for (const warning of warnings) warn(warning);
  const where = placesText(secrets);
  const objects = k8ssandraRbac({ cluster: { namespace, name }, secrets, account, outside });
  return yamlOf(
    objects,
    withWarnings(
      warnings,
      `What kassette may do for K8ssandraCluster ${namespace}/${name} in the namespaces of its datacenters:\n${where}.`,
    ),
  );
}

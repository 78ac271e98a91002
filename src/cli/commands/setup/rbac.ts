import { commandText, kubectl } from '../../../domain/hint.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { k8ssandraRbac, rbac } from '../../../packaging/rbac.ts';
import { warningsOf, withWarnings } from '../../../packaging/warnings.ts';
import { type PrintContext, printCommand } from '../../descriptor.ts';
import { contextsOf } from '../../flags/contexts.ts';
import type { Values } from '../../flags/flag.ts';
import { RBAC } from '../../flags/setup.ts';
import { byNamespace, givenSecrets, placesText, secretNames, secretsText } from './secret-names.ts';

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
    'kassette rbac --namespace k8ssandra --k8ssandra-cluster demo --context main --context east=main-east --outside | sh',
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
  options: Options,
  name: string,
  { findK8ssandra, warn }: PrintContext,
): Promise<string> {
  const { namespace, secrets: named, allSecrets, kubeconfig } = options;
  const given = givenSecrets({ allSecrets, secrets: named });
  const places = await findK8ssandra({ kubeconfig, ...contextsOf(options), namespace }, name, given);
  const warnings = warningsOf(
    places.map((p) => p.namespace),
    given ?? [],
  );
  for (const warning of warnings) warn(warning);
  const others = places.filter((p) => p.k8sContext !== undefined);
  if (others.length === 0) return yamlFor(options, { name, hasObject: true, warnings }, places);
  return scriptFor(options, { name, warnings }, places);
}

type Options = Values<typeof RBAC>;
type Places = Awaited<ReturnType<PrintContext['findK8ssandra']>>;

/** The rights in one Kubernetes. */
function yamlFor(
  { namespace, account, outside }: Options,
  {
    name,
    hasObject,
    warnings,
  }: { readonly name: string; readonly hasObject: boolean; readonly warnings: readonly string[] },
  places: Places,
): string {
  const secrets = byNamespace(places);
  const objects = k8ssandraRbac({ cluster: { namespace, name }, hasObject, secrets, account, outside });
  const where =
    places.length === 0
      ? 'where it is itself'
      : `in the namespaces of its datacenters:\n${placesText(secrets)}`;
  return yamlOf(
    objects,
    withWarnings(warnings, `What kassette may do for K8ssandraCluster ${namespace}/${name} ${where}.`),
  );
}

/** A shell script: what is for one Kubernetes must not be applied to another one. No YAML, so that kubectl refuses it as a whole. */
function scriptFor(
  options: Options,
  { name, warnings }: { readonly name: string; readonly warnings: readonly string[] },
  places: Places,
): string {
  const { kubeconfig } = options;
  const { context } = contextsOf(options);
  const contexts = [...new Set([undefined, ...places.map((p) => p.reachedBy)])];
  const parts = contexts.map((reachedBy) => {
    const own = places.filter((p) => p.reachedBy === reachedBy);
    const use = reachedBy ?? context;
    const words = [
      ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
      ...(use === undefined ? [] : ['--context', use]),
    ];
    const yaml = yamlFor(options, { name, hasObject: reachedBy === undefined, warnings }, own);
    return `${commandText(kubectl(...words, 'apply', '-f', '-'))} <<'${END}'\n${yaml.trimEnd()}\n${END}`;
  });
  return [
    `# For a shell, not for kubectl: the rights are in ${contexts.length} Kubernetes clusters. Or apply each part by itself.`,
    'set -e',
    ...parts,
  ].join('\n');
}

/** No line of YAML. */
const END = 'END_OF_RIGHTS';

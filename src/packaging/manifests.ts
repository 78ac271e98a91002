import { stringify } from 'yaml';
import {
  builtinBinding,
  builtinName,
  builtinOverride,
  datacenterBinding,
  datacenterBlueprint,
  hooksBlueprint,
} from './blueprints.ts';
import { chartFiles } from './chart/chart.ts';
import { POLICY_DEFAULTS } from './chart/values.ts';
import { installation } from './installation.ts';
import { policy, RETENTION, restoreAction } from './policy.ts';
import { k8ssandraRbac, rbac } from './rbac.ts';
import { DEFAULTS, type Installation, taskSettings } from './settings.ts';
import { warningsOf, withWarnings } from './warnings.ts';

/** The namespace of the reference, and the secret of its superuser: cluster `dse` names none. */
const NAMESPACE = 'cass-operator';
const SECRETS = ['dse-superuser'];

const K8SSANDRA = {
  cluster: { namespace: 'k8ssandra', name: 'demo' },
  secrets: new Map(['k8ssandra', 'k8ssandra-b'].map((n) => [n, ['demo-superuser']] as const)),
};

/** What is committed as an example. */
export const EXAMPLE: Installation = { ...DEFAULTS, datacenterNamespaces: [NAMESPACE], secrets: SECRETS };

/**
 * Objects as one YAML stream. The first object follows the comment without `---` in between: programs that read one document of
 * a file, such as `kanctl validate blueprint`, would take the comment for that document and check nothing.
 */
export function yamlOf(objects: readonly object[], comment: string): string {
  const head = comment
    .trim()
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n');
  // Without anchors: the same object may stand in several places.
  const yaml = objects.map((o) => stringify(o, { lineWidth: 0, aliasDuplicateObjects: false }));
  return `${head}\n${yaml.join('---\n')}`;
}

/** The files of `deploy/` by their path in it; `make deploy` writes them and a test compares them. */
export function deployFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...rights(),
    ...kasten(),
    ...DEFAULTS.builtinVersions.flatMap(builtin),
    ...[...chartFiles()].map(([name, text]) => [`helm/kassette/${name}`, text] as const),
  ]);
}

function rights(): readonly (readonly [string, string])[] {
  return [
    [
      'rbac-namespace.yaml',
      yamlOf(
        rbac({ namespace: NAMESPACE, scope: 'namespace', secrets: SECRETS }),
        `The service account \`kassette\` with the rights that kassette needs in the namespace of the datacenters.
Another namespace, or other secrets: kassette rbac --namespace NAME --secret NAME
An existing account, such as that of kassette.yaml: kassette rbac --namespace NAME --service-account kassette/kassette`,
      ),
    ],
    [
      'rbac-cluster.yaml',
      yamlOf(
        rbac({ namespace: NAMESPACE, scope: 'cluster', secrets: SECRETS }),
        withWarnings(
          warningsOf('all', SECRETS),
          `The service account \`kassette\` with the rights that kassette needs, in every namespace of the cluster.
It is separate from that of kassette.yaml, whose rights stay as they are.`,
        ),
      ),
    ],
    [
      'rbac-k8ssandracluster.yaml',
      yamlOf(
        k8ssandraRbac(K8SSANDRA),
        `The service account \`kassette\` with the rights that kassette needs for a K8ssandraCluster \`demo\` in namespace k8ssandra, whose datacenters
are there and in k8ssandra-b. Of another one, in its namespaces: kassette rbac --namespace NAME --k8ssandra-cluster NAME`,
      ),
    ],
  ];
}

/** What `kubectl apply` or `create` takes for Kasten. */
function kasten(): readonly (readonly [string, string])[] {
  const settings = taskSettings(EXAMPLE);
  const { kastenNamespace, mode } = DEFAULTS;
  const { name, profile, frequency } = POLICY_DEFAULTS;
  return [
    ['kassette.yaml', yamlOf(installation(EXAMPLE), INSTALLATION)],
    [
      'kassette-k8ssandracluster.yaml',
      yamlOf(
        installation({
          ...DEFAULTS,
          datacenterNamespaces: [...K8SSANDRA.secrets.keys()],
          k8ssandra: K8SSANDRA,
        }),
        `kassette for Kasten, for a K8ssandraCluster \`demo\` in namespace k8ssandra with datacenters there and in k8ssandra-b, whose hooks join one backup.
Of another one, in its namespaces: kassette manifests --image … --datacenter-namespace NAME --k8ssandra-cluster NAME`,
      ),
    ],
    [
      'policy-k8ssandracluster.yaml',
      yamlOf(
        [
          policy({
            ...{ namespace: K8SSANDRA.cluster.namespace, kastenNamespace, profile, frequency, mode },
            ...{ name: `cassandra-${K8SSANDRA.cluster.name}`, retention: RETENTION },
            k8ssandra: { cluster: K8SSANDRA.cluster, namespaces: [...K8SSANDRA.secrets.keys()] },
          }),
        ],
        `A backup of all namespaces of that K8ssandraCluster.
Of another one: kassette policy --namespace NAME --k8ssandra-cluster NAME --profile PROFILE`,
      ),
    ],
    [
      'cassandradatacenter-bp.yaml',
      yamlOf(
        [hooksBlueprint(settings, kastenNamespace)],
        'The blueprint for the hooks of policies and restores.',
      ),
    ],
    [
      'datacenter-bound-bp.yaml',
      yamlOf([datacenterBlueprint(settings, kastenNamespace), datacenterBinding(kastenNamespace)], BOUND),
    ],
    [
      'policy.yaml',
      yamlOf(
        [
          policy({
            namespace: NAMESPACE,
            kastenNamespace,
            name,
            profile,
            frequency,
            retention: RETENTION,
            mode,
          }),
        ],
        `A backup of namespace ${NAMESPACE}, exported to the location profile \`${profile}\`.
Another one: kassette policy --namespace NAME --profile PROFILE`,
      ),
    ],
    [
      'restore.yaml',
      yamlOf([restoreAction({ namespace: NAMESPACE, restorePoint: 'RESTORE-POINT', mode })], RESTORE),
    ],
  ];
}

const INSTALLATION = `kassette for Kasten: service account, rights, hooks, and what takes the place of Kasten's built-in blueprint.
  kubectl create namespace kassette
  kubectl apply -f kassette.yaml
For the datacenters in ${NAMESPACE}, which has to be there. Another image, other namespaces or secrets:
  kassette manifests --image … --kasten-namespace … --datacenter-namespace … --secret …`;

const BOUND = `Instead of hooks: a blueprint that Kasten runs for every CassandraDatacenter by itself. docs/explanation/hooks-or-bound.md says when.
Do not apply it together with k10-k8ssandra-bp-*-binding.yaml: of two bindings that match, Kasten takes the older one.`;

const RESTORE = `A restore with its hooks; without them the data are of no single moment.
Put the name of a restore point in (\`kubectl get restorepoints --namespace ${NAMESPACE}\`), then: kubectl create -f restore.yaml
Another namespace: kassette policy --namespace NAME --restore-point NAME`;

/** The reference's files. */
function builtin(version: string): readonly (readonly [string, string])[] {
  const name = builtinName(version);
  const { kastenNamespace } = DEFAULTS;
  return [
    [
      `${name}.yaml`,
      yamlOf(
        [builtinOverride(taskSettings(DEFAULTS), kastenNamespace, version)],
        "Takes the place of Kasten's built-in blueprint of this name, which calls for Medusa; does nothing.",
      ),
    ],
    [
      `${name}-binding.yaml`,
      yamlOf([builtinBinding(kastenNamespace, version)], `Binds ${name} to every CassandraDatacenter.`),
    ],
  ];
}

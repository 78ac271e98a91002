import { KassetteError } from '../../../domain/errors.ts';
import { called } from '../../../domain/k8ssandra/members.ts';
import { yamlOf } from '../../../packaging/manifests.ts';
import { policy, RETENTION, restoreAction } from '../../../packaging/policy.ts';
import { type PrintContext, printCommand } from '../../descriptor.ts';
import { contextsOf } from '../../flags/contexts.ts';
import type { Values } from '../../flags/flag.ts';
import { POLICY } from '../../flags/setup.ts';
import { refuseAcross, refuseBound } from './secret-names.ts';

type Options = Values<typeof POLICY>;

/** A policy of Kasten, or a restore, with the hooks in their places. */
export const policyCommand = printCommand({
  name: 'policy',
  summary: 'Print a Kasten policy that backs up a namespace with kassette, or a restore, as YAML.',
  section: 'Set up:',
  flags: POLICY,
  examples: [
    'kassette policy --namespace cass-operator --profile my-bucket | kubectl apply -f -',
    'kassette policy --namespace cass-operator --restore-point NAME | kubectl create -f -',
    'kassette policy --namespace k8ssandra --k8ssandra-cluster demo --profile my-bucket | kubectl apply -f -',
  ],
  async print(options, context) {
    const { restorePoint, forNamespace, k8ssandraCluster, mode } = options;
    if (k8ssandraCluster !== undefined) refuseBound(mode);
    if (forNamespace !== undefined && (restorePoint === undefined || k8ssandraCluster === undefined))
      throw new KassetteError(
        'USAGE',
        '`--for-namespace` says which namespace of a K8ssandraCluster is restored.',
        'Nothing was printed. Give it together with `--k8ssandra-cluster` and `--restore-point`, or leave it out.',
      );
    return restorePoint === undefined ? policyText(options, context) : restoreText(options, restorePoint);
  },
});

function restoreText({ namespace, k8ssandraCluster, forNamespace, mode }: Options, restorePoint: string) {
  const cluster = k8ssandraCluster === undefined ? undefined : { namespace, name: k8ssandraCluster };
  const place = forNamespace ?? namespace;
  const restore = restoreAction({ namespace: place, restorePoint, mode, cluster });
  return yamlOf([restore], `A restore of ${place}, for \`kubectl create\`.`);
}

async function policyText(options: Options, { findK8ssandra }: PrintContext): Promise<string> {
  const { namespace, k8ssandraCluster, kubeconfig, name: chosen, ...rest } = options;
  const { kastenNamespace, profile, frequency, mode } = rest;
  const given = { namespace, kastenNamespace, profile, frequency, mode, retention: RETENTION };
  if (k8ssandraCluster === undefined)
    return yamlOf(
      [policy({ ...given, name: chosen ?? `cassandra-${namespace}` })],
      `A backup of ${namespace}.`,
    );
  const cluster = { namespace, name: k8ssandraCluster };
  // Which secrets they use does not matter here.
  const found = await findK8ssandra({ kubeconfig, ...contextsOf(options), namespace }, k8ssandraCluster, []);
  refuseAcross(cluster, found);
  const namespaces = found.map((f) => f.namespace);
  const made = policy({
    ...given,
    name: chosen ?? `cassandra-${namespace}-${k8ssandraCluster}`,
    k8ssandra: { cluster, namespaces },
  });
  const apart = namespaces.includes(namespace)
    ? ''
    : `\nNamespace ${namespace} has the K8ssandraCluster and no datacenter: back it up with a policy of its own, without these hooks.`;
  return yamlOf(
    [made],
    `A backup of ${called(cluster)}: all of its datacenters, in ${namespaces.join(', ')}.${apart}`,
  );
}

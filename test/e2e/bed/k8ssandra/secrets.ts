import { randomBytes } from 'node:crypto';
import {
  cassandraOf,
  type KubeObject,
  labelsOf,
  NAMES,
  namespaceOf,
  type ObjectApi,
  secretNameOf,
} from './objects.ts';

const encoded = (text: string) => Buffer.from(text).toString('base64');

/** As the operator makes them: 20 characters. */
const newPassword = () => randomBytes(15).toString('base64url');

/** The superuser's secret, which the object owns; a copy in each other namespace, which nothing owns. One that is there keeps its password. */
export async function ensureSecrets(api: ObjectApi, cluster: KubeObject): Promise<void> {
  const { name, namespace, uid = '' } = cluster.metadata;
  const called = secretNameOf(cluster);
  const own = { apiVersion: 'k8ssandra.io/v1alpha1', kind: 'K8ssandraCluster', name, uid };
  const secret =
    (await api.get('Secret', namespace, called)) ??
    (await api.create('Secret', {
      metadata: {
        ...{ name: called, namespace, ownerReferences: [own] },
        labels: { ...labelsOf(cluster), [NAMES.replicatedBy]: 'k8ssandracluster-controller' },
      },
      data: { username: encoded(called), password: encoded(newPassword()) },
    }));
  if ((await api.get('ReplicatedSecret', namespace, name)) === null)
    await api.create('ReplicatedSecret', {
      metadata: { name, namespace, labels: labelsOf(cluster), ownerReferences: [own] },
      spec: {},
    });
  for (const target of targetsOf(cluster)) await replicate(api, cluster, secret, target);
}

const targetsOf = (cluster: KubeObject) => [
  ...new Set(
    cassandraOf(cluster)
      .datacenters.map((t) => namespaceOf(cluster, t))
      .filter((n) => n !== cluster.metadata.namespace),
  ),
];

async function replicate(
  api: ObjectApi,
  cluster: KubeObject,
  { metadata: { name, labels = {} }, data = {} }: KubeObject,
  namespace: string,
): Promise<void> {
  const there = await api.get('Secret', namespace, name);
  if (there === null) {
    const of = `${cluster.metadata.namespace}.${cluster.metadata.name}`;
    const copied = { ...labels, [NAMES.replicated]: of };
    await api.create('Secret', { metadata: { name, namespace, labels: copied }, data });
  } else if (JSON.stringify(there.data) !== JSON.stringify(data)) {
    await api.replace('Secret', { ...there, data });
  }
}

/** What goes with a ReplicatedSecret: the copies of its secrets in other namespaces. */
export async function removeCopies(api: ObjectApi, namespace: string, name: string): Promise<void> {
  const copies = await api.list('Secret', { [NAMES.replicated]: `${namespace}.${name}` });
  for (const { metadata } of copies) await api.delete('Secret', metadata.namespace, metadata.name);
}

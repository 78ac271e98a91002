import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { superuser } from '../../../../../src/adapters/kubernetes/client/secrets.ts';
import { kubernetesDatacenters } from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';

type Spec = Readonly<Record<string, unknown>>;

/** As cass-operator makes one: a StatefulSet for each rack. */
function podOf(cluster: string, datacenter: string, rack: string, number: number, container: object = {}) {
  const labels = {
    'cassandra.datastax.com/cluster': cluster,
    'cassandra.datastax.com/datacenter': datacenter,
    'cassandra.datastax.com/rack': rack,
  };
  return {
    metadata: { name: `${cluster}-${datacenter}-${rack}-sts-${number}`, labels },
    spec: { containers: [{ name: 'other' }, { name: 'cassandra', ...container }] },
    status: { podIP: `10.0.0.${rack.length}${number}` },
  };
}

/** A namespace with these objects, and how often the API was asked for what. */
function namespaceOf(
  datacenters: Readonly<Record<string, Spec>>,
  pods: readonly object[],
  secrets = {},
  tlsSecret?: string,
) {
  const calls: string[] = [];
  const counted = <T>(call: string, answer: T) => {
    calls.push(call);
    return answer;
  };
  const annotations = tlsSecret === undefined ? {} : { 'kassette/cql-tls-secret': tlsSecret };
  const items = Object.entries(datacenters).map(([name, spec]) => ({
    metadata: { name, annotations },
    spec,
  }));
  const encoded = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(texts).map(([k, v]) => [k, Buffer.from(v).toString('base64')]));
  const connection = {
    namespace: 'ns',
    objects: { listNamespacedCustomObject: async () => counted('datacenters', { items }) },
    core: {
      listNamespacedPod: async () => counted('pods', { items: pods }),
      readNamespacedSecret: async ({ name }: { name: string }) =>
        counted(`secret ${name}`, {
          data: encoded((secrets as Record<string, Record<string, string>>)[name] ?? {}),
        }),
    },
  } as unknown as Connection;
  const found = new Map();
  const reach = async (_: string, address: string, port: number) => `${address}:${port}`;
  const find = (...names: readonly string[]) => kubernetesDatacenters(connection, reach, found).find(names);
  return { find, calls, connection, found };
}

test('pods are found by their labels, in any order, with their racks; those of another cluster are not', async () => {
  const pods = [
    podOf('dse', 'dc1', 'r2', 0),
    podOf('dse', 'dc1', 'r1', 10),
    podOf('other', 'dc1', 'r1', 0),
    podOf('dse', 'dc1', 'r1', 2),
    podOf('dse', 'dc2', 'r1', 0),
  ];
  const { find } = namespaceOf({ dc1: { clusterName: 'dse', size: 3 } }, pods);
  const [dc1, ...others] = await find();
  assert.deepEqual(others, []);
  assert.deepEqual(
    dc1?.nodes.map((n) => [n.name, n.rack]),
    [
      ['dse-dc1-r1-sts-2', 'r1'],
      ['dse-dc1-r1-sts-10', 'r1'],
      ['dse-dc1-r2-sts-0', 'r2'],
    ],
  );
});

test('ports, mount, data directories, the API’s scheme and the superuser are those that the datacenter has', async () => {
  const container = {
    ports: [
      { name: 'native', containerPort: 9142 },
      { name: 'mgmt-api-http', containerPort: 8081 },
    ],
    volumeMounts: [
      { name: 'server-logs', mountPath: '/logs' },
      { name: 'server-data', mountPath: '/data/cassandra' },
    ],
  };
  const config = { 'cassandra-yaml': { data_file_directories: ['/data/cassandra/a', '/data/cassandra/b'] } };
  const spec = { clusterName: 'dse', size: 1, superuserSecretName: 'theirs' };
  const manual = { manual: { clientSecretName: 'mgmt' } };
  const pods = [podOf('dse', 'dc1', 'r1', 0, container)];
  const secrets = { theirs: { username: 'u', password: 'p' }, conf: { config: JSON.stringify(config) } };
  for (const configured of [{ config }, { configSecret: 'conf' }]) {
    const datacenters = { dc1: { ...spec, managementApiAuth: manual, ...configured } };
    const { find, connection, found } = namespaceOf(datacenters, pods, secrets);
    const [dc1] = await find('dc1');
    const [node] = dc1?.nodes ?? [];
    assert.equal(node?.volume, '/data/cassandra');
    assert.deepEqual(node?.dataDirectories, ['/data/cassandra/a', '/data/cassandra/b']);
    assert.deepEqual([node?.cqlEndpoint, node?.managementUrl], ['10.0.0.20:9142', 'https://10.0.0.20:8081']);
    const credentials = await superuser(connection, found, dc1 === undefined ? [] : [dc1], { cqlTls: false });
    const origin = { called: 'secret ns/theirs', changedAt: null };
    assert.deepEqual(credentials, { username: 'u', password: 'p', origin });
  }
});

test('for TLS the secret that the datacenter is annotated with is taken, and the command line before it', async () => {
  const encrypting = {
    clusterName: 'dse',
    size: 1,
    config: { 'cassandra-yaml': { client_encryption_options: { enabled: true } } },
  };
  const plain = { username: 'u', password: 'p' };
  const secrets = {
    'dse-superuser': plain,
    one: { 'ca.crt': 'CA' },
    both: { 'ca.crt': 'CA', 'tls.crt': 'CERT', 'tls.key': 'KEY' },
    none: { other: 'x' },
  };
  const of = async (name: string | undefined, commandLine = false) => {
    const { find, connection, found } = namespaceOf(
      { dc1: encrypting },
      [podOf('dse', 'dc1', 'r1', 0)],
      secrets,
      name,
    );
    const { origin, ...known } = await superuser(connection, found, await find(), { cqlTls: commandLine });
    assert.equal(origin?.called, 'secret ns/dse-superuser');
    return known;
  };
  assert.deepEqual(await of('one'), { ...plain, tls: { ca: 'CA', cert: undefined, key: undefined } });
  assert.deepEqual(await of('both'), { ...plain, tls: { ca: 'CA', cert: 'CERT', key: 'KEY' } });
  assert.deepEqual(await of('both', true), plain);
  await assert.rejects(of(undefined), { code: 'CQL', hint: /kassette\/cql-tls-secret/ });
  await assert.rejects(of('none'), { code: 'CREDENTIALS', message: 'Secret ns/none has no `ca.crt`.' });
});

test('a thousand pods in ten datacenters are found by as many calls as one', async () => {
  const names = Array.from({ length: 10 }, (_, i) => `dc${i}`);
  const many = namespaceOf(
    Object.fromEntries(names.map((n) => [n, { clusterName: 'big', size: 100 }])),
    names.flatMap((n) => Array.from({ length: 100 }, (_, i) => podOf('big', n, 'r1', i))),
  );
  const found = await many.find();
  assert.equal(found.flatMap((d) => d.nodes).length, 1000);
  const one = namespaceOf({ dc: { clusterName: 'c', size: 1 } }, [podOf('c', 'dc', 'r1', 0)]);
  await one.find();
  assert.deepEqual(many.calls, one.calls);
});

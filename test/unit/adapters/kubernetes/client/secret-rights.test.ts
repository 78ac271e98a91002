import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRights } from '../../../../../src/adapters/kubernetes/client/access.ts';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { cassandraDatacenter } from '../../../../../src/adapters/kubernetes/client/resources.ts';
import {
  secretCheck,
  secretRights,
  usedSecrets,
} from '../../../../../src/adapters/kubernetes/client/used-secrets.ts';
import {
  datacentersIn,
  kubernetesDatacenters,
} from '../../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { nameOfRight } from '../../../../../src/domain/rights.ts';

// Rights are granted to secrets by name, so they are asked for by name: a role for one secret allows `get secrets` of no other.

const BARE = { metadata: { name: 'dc1' }, spec: { clusterName: 'My Cluster', size: 1 } };
const NAMING = {
  metadata: { name: 'dc2', annotations: { 'kassette/cql-tls-secret': 'cql-tls' } },
  spec: {
    ...{ clusterName: 'dse', size: 1, superuserSecretName: 'root', configSecret: 'conf' },
    managementApiAuth: { manual: { clientSecretName: 'mgmt-client', serverSecretName: 'mgmt-server' } },
  },
};

/** A namespace with these datacenters, where these secrets may be read; what it was asked. */
function namespaceOf(datacenters: readonly object[], allowed: readonly string[]) {
  const asked: (string | undefined)[] = [];
  const calls: string[] = [];
  const connection = {
    namespace: 'ns',
    caller: {
      account: { namespace: 'kassette', name: 'kassette' },
      user: 'kassette/kassette',
      context: null,
    },
    objects: {
      listNamespacedCustomObject: async ({ namespace }: { namespace: string }) => {
        calls.push(`list ${namespace}`);
        return { items: namespace === 'empty' ? [] : datacenters };
      },
      listClusterCustomObject: async () => ({ items: datacenters }),
    },
    core: {
      listNamespacedPod: async () => ({ items: [] }),
      readNamespacedSecret: async ({ name }: { name: string }) => {
        calls.push(`get ${name}`);
        return { data: { config: Buffer.from('{}').toString('base64') } };
      },
    },
    authorization: {
      createSelfSubjectAccessReview: async ({
        body,
      }: {
        body: { spec: { resourceAttributes: { resource: string; verb: string; name?: string } } };
      }) => {
        const { resource, verb, name } = body.spec.resourceAttributes;
        assert.deepEqual([resource, verb], ['secrets', 'get']);
        asked.push(name);
        return { status: { allowed: allowed.includes(name ?? '') } };
      },
    },
  };
  return { asked, calls, connection: connection as unknown as Connection };
}

const WHOLE = { cql: true, cqlTls: false };
/** Without the patience that an API server is given which was just started. */
const once: typeof checkRights = (connection, rights) => checkRights(connection, rights, []);
const finder = (connection: Connection, uses = WHOLE) =>
  kubernetesDatacenters(connection, async () => '', new Map(), secretCheck(connection, uses, once));

test('the secrets of a datacenter: those that it names, and of the superuser the one that cass-operator makes', () => {
  const [bare, naming] = [BARE, NAMING].map((d) => cassandraDatacenter.parse(d));
  assert.ok(bare && naming);
  assert.deepEqual(
    usedSecrets([bare, naming]),
    ['cql-tls', 'conf', 'mgmt-client', 'mycluster-superuser', 'root'].toSorted(),
  );
  assert.deepEqual(
    secretRights(naming, { cql: true, cqlTls: true }).map(nameOfRight),
    ['get secrets/conf', 'get secrets/root', 'get secrets/mgmt-client'],
    'certificates that the command line names are read in no secret',
  );
  assert.deepEqual(secretRights(naming, { cql: false, cqlTls: false }).map(nameOfRight), [
    'get secrets/conf',
  ]);
});

test('each is asked for by its name, once in a run, before any is read', async () => {
  const all = ['root', 'conf', 'mgmt-client', 'cql-tls'];
  const { asked, calls, connection } = namespaceOf([NAMING], all);
  const { find } = finder(connection);
  await find([]);
  await find([]);
  assert.deepEqual(asked.toSorted(), all.toSorted());
  assert.deepEqual(calls, ['list ns', 'get conf', 'list ns', 'get conf']);
});

test('a secret that may not be read is named with its use and the way out, and none is read', async () => {
  const { calls, connection } = namespaceOf([BARE, NAMING], ['conf', 'cql-tls', 'mycluster-superuser']);
  const { code, message, hint } = await finder(connection)
    .find([])
    .then(
      () => assert.fail('it did not fail'),
      (e: { code: string; message: string; hint: string }) => e,
    );
  assert.equal(code, 'FORBIDDEN');
  assert.equal(
    message,
    "Kubernetes does not allow in namespace ns: `get secrets/root` for the superuser's password, `get secrets/mgmt-client` for the management API's certificate.",
  );
  assert.match(
    hint,
    /`kassette rbac --namespace ns --service-account kassette\/kassette \| kubectl apply -f -`/,
  );
  assert.match(hint, /name new ones in its value `secrets`/);
  assert.deepEqual(calls, ['list ns']);
});

test('only what the command reads is asked for, of the datacenters that are meant', async () => {
  const { asked, connection } = namespaceOf([BARE, NAMING], ['conf', 'mycluster-superuser']);
  await finder(connection, { cql: false, cqlTls: false }).find([]);
  assert.deepEqual(asked, ['conf']);
  await finder(connection).find(['dc1']);
  assert.deepEqual(asked, ['conf', 'mycluster-superuser']);
});

test('for an installation they are looked up where the datacenters are; a namespace without any says so', async () => {
  const { connection } = namespaceOf([BARE], []);
  assert.deepEqual(usedSecrets(await datacentersIn(connection, ['a', 'b'])), ['mycluster-superuser']);
  assert.deepEqual(usedSecrets(await datacentersIn(connection, 'all')), ['mycluster-superuser']);
  await assert.rejects(datacentersIn(connection, ['a', 'empty']), {
    code: 'NOT_FOUND',
    message: 'There is no CassandraDatacenter in namespace empty.',
  });
});

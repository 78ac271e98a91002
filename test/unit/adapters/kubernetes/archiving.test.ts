import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException, type V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { switchArchiving } from '../../../../src/adapters/kubernetes/archiving.ts';
import { kubernetesLease } from '../../../../src/adapters/kubernetes/datacenters/lease.ts';
import { archivingFiles, withArchiving, withoutArchiving } from '../../../../src/packaging/archiving.ts';
import { leases } from '../../support/leases.ts';

const NAME = 'cass-prd';
const bound = { mostPercent: 25, freePercent: 10, mostBytes: null };
const files = archivingFiles({ namespace: 'ns', datacenter: NAME, method: 'link', bound });
const enabling = { datacenter: NAME, files, template: (own: unknown) => withArchiving(own, files, NAME) };
const disabling = { datacenter: NAME, files: null, template: withoutArchiving };
const refused = (status: number) => new ApiException(status, `HTTP ${status}`, '', {});

const warn = () => {};

interface Spec {
  podTemplateSpec?: unknown;
  serverType?: string;
}

interface Metadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

/** An API server with one datacenter, that changes under whoever patches it so many times. */
function server(spec: Spec, metadata: Metadata = {}, conflicts = 0, forbidden: readonly string[] = []) {
  const writes: string[] = [];
  const object = { metadata: { ...metadata, resourceVersion: '1' }, spec };
  const { connection: leased } = leases();
  let left = conflicts;
  const connection = {
    ...leased,
    authorization: {
      createSelfSubjectAccessReview: async ({ body }: { body: V1SelfSubjectAccessReview }) => {
        const { verb = '', resource = '' } = body.spec.resourceAttributes ?? {};
        return { status: { allowed: !forbidden.includes(`${verb} ${resource}`) } };
      },
    },
    caller: { account: null, user: 'ann', context: 'prod' },
    core: {
      patchNamespacedConfigMap: async ({ body }: { body: typeof files }) => {
        writes.push(`ConfigMap ${body.metadata.name}`);
      },
    },
    objects: {
      getNamespacedCustomObject: async ({ name }: { name: string }) => {
        if (name !== NAME) throw refused(404);
        return structuredClone(object);
      },
      patchNamespacedCustomObject: async ({ body }: { body: typeof object }) => {
        if (body.metadata.resourceVersion !== object.metadata.resourceVersion) throw refused(409);
        if (left-- > 0) {
          object.metadata.resourceVersion += '1';
          throw refused(409);
        }
        writes.push('datacenter');
        object.spec = { ...object.spec, ...body.spec };
      },
    },
  } as unknown as Parameters<typeof switchArchiving>[0];
  return { connection, writes, object };
}

test('the files come first, then the datacenter; once more, nothing but the files', async () => {
  const { connection, writes, object } = server({}, {}, 2);
  assert.equal(await switchArchiving(connection, enabling, warn), true);
  assert.deepEqual(writes, ['ConfigMap cass-prd-kassette-archive', 'datacenter']);
  assert.deepEqual(object.spec.podTemplateSpec, withArchiving(undefined, files, NAME));
  assert.equal(await switchArchiving(connection, enabling, warn), false);
  assert.equal(await switchArchiving(connection, disabling, warn), true);
  assert.equal(object.spec.podTemplateSpec, null);
  assert.equal(await switchArchiving(connection, disabling, warn), false);
  assert.deepEqual(writes.slice(2), ['ConfigMap cass-prd-kassette-archive', 'datacenter']);
});

test('what a K8ssandraCluster says, and what is not there, is not changed', async () => {
  const { connection, writes } = server({}, { labels: { 'k8ssandra.io/cluster-name': 'demo' } });
  await assert.rejects(switchArchiving(connection, enabling, warn), {
    code: 'USAGE',
    message: /^K8ssandraCluster demo says what CassandraDatacenter cass-prd is/,
  });
  const gone = switchArchiving(connection, { ...enabling, datacenter: 'dc9' }, warn);
  await assert.rejects(gone, { code: 'NOT_FOUND' });
  assert.deepEqual(writes, []);
});

test('what it may not change is said before the files are put there', async () => {
  const { connection, writes } = server({}, {}, 0, ['patch cassandradatacenters']);
  await assert.rejects(switchArchiving(connection, enabling, warn), {
    code: 'FORBIDDEN',
    message: /patch cassandradatacenters/,
    advice: /without `--apply`/,
  });
  assert.deepEqual(writes, []);
});

test('a datacenter of another kind, or that is restored cold, is not changed', async () => {
  const dse = server({ serverType: 'dse' });
  await assert.rejects(switchArchiving(dse.connection, enabling, warn), { code: 'UNSUPPORTED_SERVER' });
  const cold = server({}, { annotations: { 'kassette/cold-restore': 'changing' } });
  await assert.rejects(switchArchiving(cold.connection, disabling, warn), { code: 'NOT_READY' });
  assert.deepEqual([...dse.writes, ...cold.writes], []);
});

test('while another run is at work it is not changed', async () => {
  const { connection, writes } = server({});
  const other = await kubernetesLease(connection, warn).acquire('after-restore');
  await assert.rejects(switchArchiving(connection, enabling, warn), { code: 'BUSY' });
  await other.release();
  assert.deepEqual(writes, []);
  assert.equal(await switchArchiving(connection, enabling, warn), true);
});

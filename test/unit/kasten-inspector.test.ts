import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../src/adapters/kubernetes/client/connection.ts';
import { kastenInspector } from '../../src/adapters/kubernetes/kasten/kasten-inspector.ts';
import { DIAGNOSE, nameOfRight, toSecret } from '../../src/domain/rights.ts';

type Answers = Readonly<Record<string, readonly object[] | number>>;

const answer = (value: readonly object[] | number = []) => {
  if (typeof value === 'number') throw new ApiException(value, 'no', '', {});
  return { items: value };
};

/** A cluster that answers lists by their plural, with objects or a status. */
function inspectorWith(
  answers: Answers,
  allowed: (attributes: { resource: string; name?: string }) => boolean = () => true,
) {
  const connection = {
    namespace: 'cass-operator',
    objects: {
      listNamespacedCustomObject: async ({ plural }: { plural: string }) => answer(answers[plural]),
    },
    core: {
      listNamespacedPod: async () => answer(answers['pods']),
      listNamespacedEvent: async () => answer(answers['events']),
      readNamespacedServiceAccount: async () => answer(answers['serviceaccounts']),
    },
    authorization: {
      createNamespacedLocalSubjectAccessReview: async ({
        body,
      }: {
        body: { spec: { resourceAttributes: { resource: string } } };
      }) => ({
        status: { allowed: allowed(body.spec.resourceAttributes) },
      }),
    },
  };
  return kastenInspector(connection as unknown as Connection);
}

const PLACE = { namespace: 'kassette', serviceAccount: 'kassette', image: 'kassette:1' };
const DATACENTER = {
  metadata: { name: 'cass-prd', annotations: { a: 'b' } },
  spec: { clusterName: 'dse', size: 1 },
};

test('what may not be seen, is not served or cannot be understood is said', async () => {
  const { policies, blueprints, bindings, restorePoints, datacenters } = await inspectorWith({
    policies: 404,
    blueprints: 403,
    blueprintbindings: [{ metadata: { name: 'a' }, spec: {} }],
    restorepoints: 404,
    cassandradatacenters: [DATACENTER],
  }).look('kasten-io');
  assert.ok('unserved' in policies && policies.unknown.includes('does not serve policies'));
  assert.ok(
    'unknown' in blueprints && blueprints.unknown.includes(`\`${nameOfRight(DIAGNOSE.kasten.blueprints)}\``),
  );
  assert.ok('unknown' in bindings && bindings.unknown.includes('a form that doctor cannot read'));
  assert.ok('unknown' in restorePoints && restorePoints.unknown.includes('does not serve restorepoints'));
  assert.deepEqual(datacenters, { value: [{ name: 'cass-prd', labels: {}, annotations: { a: 'b' } }] });
});

test("restores are found in the namespace, and in Kasten's where they are of it", async () => {
  const restoreOf = (name: string, targetNamespace: string) => ({
    metadata: { name, creationTimestamp: '2026-03-01T00:00:00Z' },
    spec: { targetNamespace },
    status: { state: 'Complete' },
  });
  const restoreactions = [restoreOf('a', 'cass-operator'), restoreOf('b', 'other')];
  const { restores } = await inspectorWith({ restoreactions }).look('kasten-io');
  assert.ok('value' in restores);
  // The stand-in gives both lists the same objects.
  assert.deepEqual(
    restores.value.map((r) => r.name),
    ['a', 'b', 'a'],
  );
});

test("a hook's place: the account, the rights that it lacks, an image that is not there", async () => {
  const spec = { containers: [{ name: 'container', image: 'kassette:1' }] };
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off' };
  const pods = [
    { spec, status: { containerStatuses: [{ name: 'container', imageID: '', state: { waiting } }] } },
  ];
  const told = {
    reason: 'Failed',
    message: 'Failed to pull image "kassette:1": nowhere',
    lastTimestamp: new Date(),
  };
  const old = { ...told, message: `${told.message}, long ago`, lastTimestamp: new Date(0) };
  const answers = { pods, events: [told, old], serviceaccounts: 404, cassandradatacenters: [DATACENTER] };
  const inspector = inspectorWith(
    answers,
    ({ resource, name }) => resource !== 'secrets' || name !== 'dse-superuser',
  );
  const facts = await inspector.examine(PLACE);
  assert.deepEqual(facts, {
    place: PLACE,
    account: { value: false },
    missing: { value: [toSecret('dse-superuser', "for the superuser's password")] },
    image: { value: { failures: ['Back-off', told.message], pulled: false } },
  });
});

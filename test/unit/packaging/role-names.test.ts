import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installation } from '../../../src/packaging/installation.ts';
import { EXAMPLE } from '../../../src/packaging/manifests.ts';
import { rbac } from '../../../src/packaging/rbac.ts';
import { DEFAULTS } from '../../../src/packaging/settings.ts';

// Two ways to install, or two installations, must not take each other's roles, or bind them to another account.

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly { readonly namespace: string; readonly name: string }[];
  readonly roleRef?: { readonly name: string };
}

const roles = (objects: readonly object[]) =>
  (JSON.parse(JSON.stringify(objects)) as readonly Named[]).filter((o) => /Role/.test(o.kind));
const key = ({ kind, metadata }: Named) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

const secrets = ['dse-superuser'];
const WAYS: Readonly<Record<string, readonly object[]>> = {
  'kassette.yaml': installation(EXAMPLE),
  'another installation': installation({ ...EXAMPLE, namespace: 'kassette-2' }),
  'one in a namespace called doctor': installation({ ...EXAMPLE, namespace: 'doctor' }),
  'one for every namespace': installation({ ...EXAMPLE, namespace: 'wide', datacenterNamespaces: 'all' }),
  'one for one namespace': installation({ ...DEFAULTS, namespace: 'own', datacenterNamespaces: ['dc'] }),
  'another for the same': installation({ ...DEFAULTS, namespace: 'own-2', datacenterNamespaces: ['dc'] }),
  'rbac-cluster.yaml': rbac({ namespace: 'cass-operator', scope: 'cluster', secrets }),
  'rbac for that namespace': rbac({ namespace: 'dc', scope: 'namespace', secrets }),
  'rbac for an account of another name': rbac({
    ...{ namespace: 'dc', scope: 'namespace', secrets },
    account: { namespace: 'dc', name: 'backup' },
  }),
};

test('no way to install overwrites a role or a binding of another', () => {
  const all = Object.entries(WAYS).flatMap(([way, objects]) =>
    roles(objects).map((o) => [key(o), way] as const),
  );
  const shared = [...Map.groupBy(all, ([name]) => name)].filter(([, ways]) => ways.length > 1);
  assert.deepEqual(shared, []);
});

test('a binding binds the role of its own name, to the account that the name says', () => {
  for (const binding of Object.values(WAYS).flatMap(roles)) {
    if (binding.roleRef === undefined) continue;
    const [subject] = binding.subjects ?? [];
    assert.equal(binding.roleRef.name, binding.metadata.name);
    assert.ok(
      binding.metadata.name.endsWith(`:${subject?.namespace}:${subject?.name}`),
      binding.metadata.name,
    );
  }
});

test('rights for an account that is there change nothing but what they name, and do not make the account', () => {
  const account = { namespace: 'kassette', name: 'kassette' };
  const objects = rbac({ namespace: 'dc', account, scope: 'namespace', secrets });
  assert.deepEqual((objects as readonly Named[]).map(key), [
    'Role dc/kassette:kassette:kassette',
    'RoleBinding dc/kassette:kassette:kassette',
  ]);
  // The same as an installation for that namespace makes: granting once more what is granted takes nothing away.
  const installed = roles(installation({ ...DEFAULTS, datacenterNamespaces: ['dc'], secrets }));
  for (const object of roles(objects))
    assert.deepEqual(
      object,
      installed.find((o) => key(o) === key(object)),
    );
});

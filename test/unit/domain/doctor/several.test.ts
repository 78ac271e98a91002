import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Blueprint, Policy } from '../../../../src/domain/doctor/facts.ts';
import { problem } from '../../../../src/domain/doctor/finding.ts';
import { together } from '../../../../src/domain/doctor/several.ts';
import { hint, hintText, kassette } from '../../../../src/domain/hint.ts';
import { installation } from '../../../../src/packaging/installation.ts';
import { policy, RETENTION } from '../../../../src/packaging/policy.ts';
import { DEFAULTS } from '../../../../src/packaging/settings.ts';
import { type Any, findings } from '../../../kasten/setup.ts';

const CLUSTER = { namespace: 'k8ssandra', name: 'demo' };
const NAMESPACES = ['k8ssandra', 'k8ssandra-b'];

/** What `kassette manifests` and `kassette policy` print for the K8ssandraCluster, as Kasten has it, with something changed. */
function setUp(change: (objects: Any) => void = () => {}) {
  const secrets = new Map(NAMESPACES.map((n) => [n, ['demo-superuser']] as const));
  const made: Any[] = [
    ...installation({
      ...DEFAULTS,
      datacenterNamespaces: NAMESPACES,
      k8ssandra: { cluster: CLUSTER, secrets },
    }),
    ...installation({ ...DEFAULTS, datacenterNamespaces: NAMESPACES, secrets: 'all' }),
  ];
  const printed = policy({
    ...{ namespace: CLUSTER.namespace, kastenNamespace: 'kasten-io', name: 'cassandra', profile: 'location' },
    ...{ frequency: '@daily', retention: RETENTION, mode: 'hooks' },
    k8ssandra: { cluster: CLUSTER, namespaces: NAMESPACES },
  });
  return (namespace: string) =>
    findings({
      objects: (objects) => {
        objects.policies = JSON.parse(JSON.stringify([printed]));
        objects.blueprints = made.filter((o) => o.kind === 'Blueprint');
        change(objects);
      },
      facts: { namespace },
    });
}

function found(change?: (objects: Any) => void) {
  const of = setUp(change);
  const examined = NAMESPACES.map((namespace) => {
    const { checks, facts } = of(namespace);
    return { namespace, checks, kasten: facts.kasten };
  });
  const checks = together(examined, CLUSTER);
  const policyChecks = ['policy', 'hooks', 'filters', 'namespaces'];
  return checks.filter((c) => policyChecks.includes(c.check)).flatMap((c) => c.findings);
}

test('what kassette prints for a K8ssandraCluster has no fault', () => {
  assert.deepEqual(found(), []);
});

test('a policy that leaves out a namespace of the ring is a problem, and the way out is one for all', () => {
  const all = found(({ policies }) => {
    policies[0].spec.selector.matchExpressions[0].values = ['k8ssandra'];
  });
  const messages = all.map((f) => f.message).join('\n');
  assert.match(
    messages,
    /Policy cassandra does not select k8ssandra-b, where other datacenters of this ring are/,
  );
  assert.ok(
    all.some((f) =>
      hintText(f.hint).includes('`kassette policy --namespace k8ssandra --k8ssandra-cluster demo`'),
    ),
  );
});

test('hooks that are for one namespace alone are a problem', () => {
  const all = found(({ policies }) => {
    for (const hook of Object.values<Any>(policies[0].spec.actions[0].backupParameters.hooks))
      hook.blueprint = 'cassandra-bp';
  });
  assert.match(
    all.map((f) => f.message).join('\n'),
    /Policy cassandra: beforeBackup, afterBackup, backupFailed of blueprint cassandra-bp is for one namespace alone, .*PARTIAL_CLUSTER/,
  );
});

test('policies without hooks of kassette, and of other namespaces, are none of it; what cannot be seen is unknown', () => {
  const namespaceFindings = (kasten: {
    readonly policies: { readonly value: readonly Policy[] } | { readonly unknown: string };
    readonly blueprints: { readonly value: readonly Blueprint[] };
  }) => {
    const checks = together(
      NAMESPACES.map((namespace) => ({ namespace, checks: [], kasten })),
      CLUSTER,
    );
    return checks.find((c) => c.check === 'namespaces')?.findings.map((f) => f.level);
  };
  const blueprints = { value: [] };
  const one = { name: 'p', paused: false, frequency: '@daily', selector: [], actions: [] };
  assert.deepEqual(namespaceFindings({ policies: { value: [one] }, blueprints }), []);
  assert.deepEqual(namespaceFindings({ policies: { unknown: 'Not allowed.' }, blueprints }), ['unknown']);
});

test('ways out do not name a policy for one of the namespaces', () => {
  const wayOut = hint`Create one: ${kassette('policy', '--namespace', 'k8ssandra-b', '--profile', 'P')}, not ${kassette('status', '--namespace', 'x')}.`;
  const checks = [{ check: 'policy', findings: [problem('None.', wayOut)] }];
  const kasten = { policies: { value: [] }, blueprints: { value: [] } };
  const all = together(
    NAMESPACES.map((namespace) => ({ namespace, checks, kasten })),
    CLUSTER,
  );
  assert.equal(
    hintText(all[0]?.findings[0]?.hint ?? ''),
    'Create one: `kassette policy --namespace k8ssandra --k8ssandra-cluster demo --profile P`, not `kassette status --namespace x`.',
  );
});

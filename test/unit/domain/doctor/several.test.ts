import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Blueprint, Policy } from '../../../../src/domain/doctor/facts.ts';
import { problem } from '../../../../src/domain/doctor/finding.ts';
import { together } from '../../../../src/domain/doctor/several.ts';
import { type CommandLine, hint, hintText, kassette } from '../../../../src/domain/hint.ts';
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

test('ways out name the K8ssandraCluster in its own namespace, and a datacenter in that of it', () => {
  const hintsOf = (namespaces: readonly string[], check: string, command: CommandLine) => {
    const checks = [{ check, findings: [problem('None.', hint`Run ${command}.`)] }];
    const kasten = { policies: { value: [] }, blueprints: { value: [] } };
    const all = together(
      namespaces.map((namespace) => ({ namespace, checks, kasten })),
      CLUSTER,
    );
    return all.flatMap((c) => c.findings.map((f) => hintText(f.hint)));
  };
  const of = '--namespace k8ssandra --k8ssandra-cluster demo';
  const B = ['--namespace', 'k8ssandra-b'];
  for (const [command, printed] of [
    [kassette('policy', ...B, '--profile', 'P'), `kassette policy ${of} --profile P`],
    [
      kassette('policy', ...B, '--restore-point', 'NAME'),
      `kassette policy ${of} --for-namespace k8ssandra-b --restore-point NAME`,
    ],
    [kassette('rbac', ...B, '--service-account', 'a/b'), `kassette rbac ${of} --service-account a/b`],
    [kassette('before-backup', ...B, '--keep', '2'), `kassette before-backup ${of} --keep 2`],
    [
      kassette('manifests', '--image', 'IMAGE'),
      'kassette manifests --datacenter-namespace k8ssandra --k8ssandra-cluster demo --image IMAGE',
    ],
    [kassette('archive', 'enable', ...B), 'kassette archive enable --namespace k8ssandra-b'],
    [kassette('status'), 'kassette status'],
  ] as const) {
    assert.deepEqual(hintsOf(['k8ssandra-b'], 'policy', command), [`Run \`${printed}\`.`]);
    assert.deepEqual(hintsOf(NAMESPACES, 'policy', command), [`Run \`${printed}\`.`, `Run \`${printed}\`.`]);
    for (const check of ['volumes', 'cassandra', 'archiving'])
      assert.deepEqual(hintsOf(NAMESPACES, check, command), [`Run \`${printed}\`.`], check);
  }
});

test('a datacenter that does not archive is named once, in its own namespace', () => {
  const off = { archiving: 'off', stopped: null, nearBound: null } as const;
  const on = { ...off, archiving: 'on' } as const;
  const archive = (datacenter: string, namespace: string) => ({
    ...{ datacenter, namespace, windows: [] },
    nodes: [
      { node: `${datacenter}-0`, ...on },
      { node: `${datacenter}-1`, ...off },
    ],
  });
  const archives = { value: [archive('dc1', 'k8ssandra'), archive('dc2', 'k8ssandra-b')] };
  const examined = NAMESPACES.map((namespace) => ({
    ...findings({ facts: { namespace, archives } }),
    ...{ namespace, kasten: { policies: { value: [] }, blueprints: { value: [] } } },
  }));
  const all = together(examined, CLUSTER).filter((c) => c.check === 'archiving');
  assert.deepEqual(
    all.flatMap((c) => c.findings.filter((f) => f.level === 'problem').map((f) => hintText(f.hint))),
    ['dc1 k8ssandra', 'dc2 k8ssandra-b'].map((where) => {
      const [datacenter, namespace] = where.split(' ');
      return `Run \`kassette archive enable --namespace ${namespace} --datacenter ${datacenter}\`, and make a backup when all nodes were restarted.`;
    }),
  );
});

test('pods of a datacenter without nodes are looked for in its own namespace', () => {
  const volumes = {
    value: {
      ...{ backups: [], restoredAt: null },
      withoutNodes: [{ what: 'dc2 has 0 of 1 pods', namespace: 'k8ssandra-b' }],
    },
  };
  const { all } = findings({ facts: { namespace: 'k8ssandra', volumes } });
  const [found] = all.filter((f) => f.check === 'volumes');
  assert.match(hintText(found?.hint ?? ''), /`kubectl get pods --show-labels --namespace k8ssandra-b`/);
});

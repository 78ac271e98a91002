import assert from 'node:assert/strict';
import { test } from 'node:test';
import { networkPolicy } from '../../../../src/adapters/kubernetes/kasten/network-policies.ts';
import { renderDoctor } from '../../../../src/cli/render/doctor.ts';
import { jobSettings } from '../../../../src/domain/doctor/namespaces/jobs.ts';
import { DEFAULTS, HOOK_RESOURCES } from '../../../../src/packaging/settings.ts';
import { cassandraMistakes, OPEN } from '../../../kasten/cassandra-mistakes.ts';
import { otherMistakes } from '../../../kasten/other-mistakes.ts';
import { policyMistakes } from '../../../kasten/policy-mistakes.ts';
import { type Any, findings, NAMESPACE } from '../../../kasten/setup.ts';
import {
  BY_LABELS,
  DENIES_ALL,
  LETS_ALL_IN,
  LETS_IN,
  OF_OTHER_PODS,
  surroundingMistakes,
} from '../../../kasten/surrounding-mistakes.ts';

for (const mode of ['hooks', 'datacenter'] as const) {
  test(`nothing is found on a right set-up, mode ${mode}`, () => {
    const { all, places, checks } = findings({ mode });
    assert.deepEqual(all, []);
    assert.deepEqual(
      places.map((p) => p.place),
      [
        {
          namespace: 'kassette',
          serviceAccount: 'kassette',
          image: DEFAULTS.image,
          resources: HOOK_RESOURCES,
        },
      ],
    );
    const { text, failure } = renderDoctor({ namespace: NAMESPACE, checks });
    assert.match(text, /Found nothing wrong/);
    assert.equal(failure, undefined);
  });
}

for (const [name, { check, says, ...change }] of Object.entries({
  ...policyMistakes,
  ...otherMistakes,
  ...cassandraMistakes,
  ...surroundingMistakes,
})) {
  test(`doctor finds ${name}`, () => {
    const { all } = findings(change);
    const found = all.filter((f) => f.check === check && says.test(f.message));
    assert.equal(found.length, 1, all.map((f) => `${f.check}: ${f.message}`).join('\n'));
  });
}

test('a second policy that is paused, or runs no hook of kassette, is none too many', () => {
  for (const change of ['paused', 'without hooks', 'of another namespace']) {
    const { all } = findings({
      objects: (o) => {
        const second = structuredClone(o.policies[0]);
        second.metadata.name = 'weekly';
        if (change === 'paused') second.spec.paused = true;
        if (change === 'without hooks') delete second.spec.actions[0].backupParameters.hooks;
        if (change === 'of another namespace') second.spec.selector.matchExpressions[0].values = ['other'];
        o.policies.push(second);
      },
    });
    assert.ok(!all.some((f) => f.message.startsWith('Policies ')), change);
  }
});

test('a restore without hooks that was finished by hand is none', () => {
  const { all } = findings({
    objects: (o) => {
      delete o.restores[0].spec.hooks;
    },
    facts: { volumes: { value: { backups: [], restoredAt: '2026-02-01T01:00:00Z' } } },
  });
  assert.deepEqual(all, []);
});

test('problems end with a status of their own, and so does what could not be looked at', () => {
  const ended = (change: Parameters<typeof findings>[0]) =>
    renderDoctor({ namespace: NAMESPACE, checks: findings(change).checks });
  assert.equal(ended({ place: { account: { value: false } } }).failure, 'SETUP_WRONG');
  const unseen = { account: { unknown: 'Kubernetes does not allow it.' } };
  const { failure, text, outputs } = ended({ place: unseen });
  assert.equal(failure, 'SETUP_UNKNOWN');
  assert.match(text, /^unknown {2}rights: Kubernetes does not allow it\.$/m);
  assert.match(text, /^0 problems, 0 warnings, 1 unknown \(could not be checked\) in cass-operator\.$/m);
  assert.deepEqual([outputs?.['problems'], outputs?.['unknown']], [0, 1]);
  // What is wrong for certain comes first.
  const both = { ...unseen, image: { value: { failures: ['no such image'], pulled: false } } };
  assert.equal(ended({ place: both }).failure, 'SETUP_WRONG');
  const onlyWarned = ended({ objects: (o) => o.policies[0].spec.actions.pop() });
  assert.deepEqual([onlyWarned.failure, onlyWarned.outputs?.['unknown']], [undefined, 0]);
});

const UNSERVED = { unknown: 'This Kubernetes cluster does not serve it.', unserved: true } as const;

/** Of each check what level its findings have, or `ok`. */
function levels(change: Parameters<typeof findings>[0]): Record<string, string> {
  return Object.fromEntries(
    findings(change).checks.map((c) => [
      c.check,
      [...new Set(c.findings.map((f) => f.level))].join() || 'ok',
    ]),
  );
}

test('where none of Kasten’s kinds is served, nothing that was not looked at is ok', () => {
  const datacenters = { value: [{ name: 'cass-prd', labels: {}, annotations: {} }] };
  const kasten = {
    ...{ policies: UNSERVED, bindings: UNSERVED, blueprints: UNSERVED, datacenters },
    ...{ restorePoints: UNSERVED, restores: UNSERVED },
  };
  assert.deepEqual(levels({ facts: { kasten } }), {
    ...{ policy: 'problem', hooks: 'unknown', filters: 'unknown', binding: 'unknown', rights: 'unknown' },
    ...{ image: 'unknown', jobs: 'ok', network: 'unknown' },
    ...{ 'last backup': 'unknown', 'last restore': 'unknown', volumes: 'ok', cassandra: 'ok' },
    archiving: 'ok',
  });
});

test('nor where no policy is for the namespace, none runs kassette, or no datacenter is there', () => {
  const elsewhere = levels({
    objects: (o) => {
      o.policies[0].spec.selector.matchExpressions[0].values = ['another'];
    },
  });
  assert.deepEqual(elsewhere, {
    ...{ policy: 'problem', hooks: 'unknown', filters: 'unknown', binding: 'ok', rights: 'unknown' },
    ...{ image: 'unknown', jobs: 'ok', network: 'unknown' },
    ...{ 'last backup': 'unknown', 'last restore': 'ok', volumes: 'ok', cassandra: 'ok' },
    archiving: 'ok',
  });
  const bare = levels({
    objects: (o) => {
      delete o.policies[0].spec.actions[0].backupParameters.hooks;
    },
  });
  assert.deepEqual([bare['hooks'], bare['rights'], bare['image']], ['problem,warning', 'unknown', 'unknown']);
  const empty = levels({
    objects: (o) => {
      o.datacenters = [];
    },
  });
  assert.deepEqual([empty['binding'], empty['volumes']], ['unknown', 'unknown']);
});

test('an image that nobody has pulled yet is not ok; a pod that has it, or a backup by it, shows that it can be', () => {
  const place = { image: { value: { failures: [], pulled: false } } };
  const none = (o: Any) => {
    o.restorePoints = [];
  };
  assert.equal(levels({ place, objects: none })['image'], 'unknown');
  assert.equal(levels({ place })['image'], 'ok');
  assert.equal(levels({ objects: none })['image'], 'ok');
  assert.equal(
    levels({ place: { image: { value: { failures: ['no'], pulled: true } } } })['image'],
    'problem',
  );
});

test('a policy on demand has no age that is too old, but wants a backup', () => {
  const onDemand = (points: readonly object[]) => (o: Any) => {
    o.policies[0].spec.frequency = '@onDemand';
    o.restorePoints = points;
  };
  const old = { metadata: { name: 'p', creationTimestamp: '2020-03-02T02:00:00Z' } };
  assert.equal(levels({ objects: onDemand([old]) })['last backup'], 'ok');
  assert.equal(levels({ objects: onDemand([]) })['last backup'], 'problem');
});

test('policies that let the hooks in, and those that are about other pods, are no mistakes', () => {
  for (const right of [
    LETS_IN,
    LETS_ALL_IN,
    OF_OTHER_PODS,
    { ...DENIES_ALL, spec: { ...DENIES_ALL.spec, policyTypes: ['Egress'] } },
  ]) {
    const policies = { value: [networkPolicy.parse(right)] };
    assert.deepEqual(findings({ surroundings: { policies } }).all, [], right.metadata.name);
  }
  // One that denies and one that allows add up.
  const both = { value: [DENIES_ALL, LETS_IN].map((p) => networkPolicy.parse(p)) };
  assert.deepEqual(findings({ surroundings: { policies: both } }).all, []);
  // A backup has come through a policy that cannot be judged.
  const perhaps = { value: [networkPolicy.parse(BY_LABELS)] };
  assert.deepEqual(findings({ surroundings: { policies: perhaps } }).all, []);
});

test('what a hook asks of its Jobs is what doctor asks for', () => {
  const { kasten } = findings({
    objects: (o) => {
      const hooks = o.blueprints.find((b: Any) => b.actions.afterRestore !== undefined);
      hooks.actions.afterRestore.phases[0].args.command.push(
        '--job-limit=cpu=500m',
        '--job-label=a=b=c',
        '--job-user=1001:0',
      );
    },
  }).facts;
  assert.deepEqual(jobSettings({ kasten }), {
    requests: {},
    limits: { cpu: '500m' },
    labels: { a: 'b=c' },
    annotations: {},
    user: { runAsUser: 1001, runAsGroup: 0, fsGroup: 1001 },
  });
});

test('a secret that Kasten has restored with its volumes is newer than their backup, and no other password', () => {
  const volumes = { value: { backups: [OPEN], restoredAt: null } };
  const accepted = { called: 'secret cass-operator/dse-superuser', changedAt: '2026-03-02T11:00:00.000Z' };
  const { all } = findings({
    cassandra: { accepted },
    facts: { volumes },
    objects: (o) => {
      o.restores[0].metadata.creationTimestamp = '2026-03-02T10:59:00Z';
      delete o.restores[0].status.startTime;
    },
  });
  assert.deepEqual(all, []);
  const another = { ...OPEN, cluster: 'another' };
  const elsewhere = { volumes: { value: { backups: [another], restoredAt: null } } };
  assert.deepEqual(findings({ cassandra: { accepted }, facts: elsewhere }).all, []);
});

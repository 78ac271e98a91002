import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderDoctor } from '../../src/cli/render/doctor.ts';
import { DEFAULTS } from '../../src/packaging/settings.ts';
import { otherMistakes } from '../kasten/other-mistakes.ts';
import { policyMistakes } from '../kasten/policy-mistakes.ts';
import { findings, NAMESPACE } from '../kasten/setup.ts';

for (const mode of ['hooks', 'datacenter'] as const) {
  test(`nothing is found on a right set-up, mode ${mode}`, () => {
    const { all, places, checks } = findings({ mode });
    assert.deepEqual(all, []);
    assert.deepEqual(
      places.map((p) => p.place),
      [{ namespace: 'kassette', serviceAccount: 'kassette', image: DEFAULTS.image }],
    );
    const { text, failure } = renderDoctor({ namespace: NAMESPACE, checks });
    assert.match(text, /Nothing is wrong/);
    assert.equal(failure, undefined);
  });
}

for (const [name, { check, says, ...change }] of Object.entries({ ...policyMistakes, ...otherMistakes })) {
  test(`doctor finds ${name}`, () => {
    const { all } = findings(change);
    const found = all.filter((f) => f.check === check && says.test(f.message));
    assert.equal(found.length, 1, all.map((f) => `${f.check}: ${f.message}`).join('\n'));
  });
}

test('a restore without hooks that was finished by hand is none', () => {
  const { all } = findings({
    objects: (o) => {
      delete o.restores[0].spec.hooks;
    },
    facts: { volumes: { value: { backups: [], restoredAt: '2026-02-01T01:00:00Z' } } },
  });
  assert.deepEqual(all, []);
});

test('problems end with a status of their own; what may not be seen is no problem', () => {
  const bad = renderDoctor({
    namespace: NAMESPACE,
    checks: findings({ place: { account: { value: false } } }).checks,
  });
  assert.equal(bad.failure, 'SETUP_WRONG');
  const unseen = findings({ place: { account: { unknown: 'Kubernetes does not allow it.' } } });
  assert.deepEqual(
    unseen.all.map((f) => f.level),
    ['unknown'],
  );
  assert.equal(renderDoctor({ namespace: NAMESPACE, checks: unseen.checks }).failure, undefined);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CASSANDRA_USER } from '../../../../src/domain/jobs/pod-user.ts';
import type { TestDatacenter } from '../datacenter.ts';
import type { Runner } from './kassette.ts';
import { KASSETTE_IMAGE } from './kassette-image.ts';

const GIVEN = 1000680000;
const NO_999 = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'no-999' },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    matchConditions: [
      {
        name: 'ours',
        expression:
          "has(object.metadata.labels) && 'app.kubernetes.io/name' in object.metadata.labels && object.metadata.labels['app.kubernetes.io/name'] == 'kassette'",
      },
    ],
    validations: [
      {
        expression:
          'has(object.spec.securityContext) && has(object.spec.securityContext.runAsUser) && object.spec.securityContext.runAsUser >= 1000000000',
        message: 'runAsUser must be in the ranges: [1000680000, 1000689999]',
      },
    ],
  },
};
const binding = (namespace: string) => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name: 'no-999' },
  spec: {
    policyName: 'no-999',
    validationActions: ['Deny'],
    matchResources: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } },
  },
});

/** As on OpenShift: the namespace gives its pods another user, and the files have it; 999 is refused, and both are named. */
export async function assertGivenUser(
  { bed, namespace }: TestDatacenter,
  runner: Runner,
  claim: string,
): Promise<void> {
  const volume = bed.volumes.path((await bed.volumes.ofClaim(namespace, claim)) ?? '');
  const owned = (by: number) =>
    promisify(execFile)('chown', ['--recursive', '--no-dereference', `${by}:${by}`, volume]);
  const clean = (...more: readonly string[]) =>
    runner.run(['clean-volume', claim, '--image', KASSETTE_IMAGE, ...more]);
  const labels = { 'app.kubernetes.io/name': 'kassette' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'asked', namespace, labels } };
  const spec = { containers: [{ name: 'c', image: 'i' }] };
  await bed.apply([NO_999, binding(namespace)]);
  try {
    // It counts when the API server has heard of it.
    const ask = () =>
      bed.kubectl(['create', '--dry-run=server', '-f', '-'], { input: JSON.stringify({ ...pod, spec }) });
    const isAllowed = () =>
      ask().then(
        () => true,
        () => false,
      );
    for (let i = 0; i < 60 && (await isAllowed()); i++) await pause(500);
    const refused = await clean('--check');
    assert.equal(refused.status, 52, refused.stderr);
    assert.match(refused.stderr, /no-999.* must be in the ranges: \[1000680000, 1000689999\]/s);
    await owned(GIVEN);
    const given = await clean('--check', '--job-user', `${GIVEN}`);
    assert.equal(given.status, 0, given.stderr);
  } finally {
    await bed.kubectl([
      'delete',
      'validatingadmissionpolicybinding/no-999',
      'validatingadmissionpolicy/no-999',
    ]);
    await owned(CASSANDRA_USER.runAsUser);
  }
}

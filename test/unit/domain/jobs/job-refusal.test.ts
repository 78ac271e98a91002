import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMountFailure, isSameFileSystem } from '../../../../src/domain/jobs/mount-failure.ts';
import { amountOf } from '../../../../src/domain/jobs/quantity.ts';
import { isForLater, refusalOf } from '../../../../src/domain/jobs/refusal.ts';

// Words of Kubernetes 1.34's admission plugins, OpenShift's, and CSI drivers'.
const FORBIDDEN = 'Error creating: pods "x-" is forbidden: ';

test('quantities are those of Kubernetes', () => {
  for (const [text, amount] of [
    ['500m', 0.5],
    ['1', 1],
    ['1.5', 1.5],
    ['2k', 2000],
    ['1Ki', 1024],
    ['512Mi', 2 ** 29],
    ['5.36870912e+08', 2 ** 29],
  ] as const)
    assert.equal(amountOf(text), amount, text);
  for (const text of ['', 'much', '1GiB', '1 Gi', 'Mi']) assert.ok(Number.isNaN(amountOf(text)), text);
});

test('who refuses is known by its words; what may pass by itself is no refusal', () => {
  for (const [words, kind] of [
    ['exceeded quota: q, requested: pods=1, used: pods=3, limited: pods=3', 'quota'],
    ['failed quota: q: must specify limits.cpu for: kassette', 'limits'],
    [
      '[minimum memory usage per Container is 1Gi, but request is 128Mi, cpu max limit to request ratio per Container is 4, but provided ratio is 20.000000]',
      'limits',
    ],
    ['violates PodSecurity "restricted:latest": runAsNonRoot != true', 'security'],
    ['unable to validate against any security context constraint: [x]', 'user'],
    ['error looking up service account ns/gone: serviceaccount "gone" not found', 'account'],
    ["ValidatingAdmissionPolicy 'no-999' with binding 'no-999' denied request: no", 'webhook'],
    ['unable to create new content in namespace ns because it is being terminated', 'other'],
    ['status unknown for quota: q, resources: pods', undefined],
    ['unable to create pods at this time because there was an error enforcing limit ranges', undefined],
  ] as const)
    assert.equal(refusalOf(FORBIDDEN + words)?.kind, kind, words);
  const denied =
    'Error creating: admission webhook "validate.kyverno.svc-fail" denied the request: no label team';
  assert.equal(refusalOf(denied)?.kind, 'webhook');
  const away =
    'Error creating: Internal error occurred: failed calling webhook "x.y": failed to call webhook: Post "https://x": context deadline exceeded';
  assert.equal(refusalOf(away), undefined);
});

test('a quota that has room when others end is for later, one that never has is not', () => {
  const exceeded = (requested: string, used: string, limited: string) =>
    refusalOf(`${FORBIDDEN}exceeded quota: q, requested: ${requested}, used: ${used}, limited: ${limited}`);
  const isLater = (...of: Parameters<typeof exceeded>) => isForLater(exceeded(...of) ?? assert.fail());
  assert.equal(isLater('limits.cpu=1,pods=1', 'limits.cpu=6,pods=3', 'limits.cpu=6,pods=3'), true);
  assert.equal(isLater('limits.memory=512Mi', 'limits.memory=0', 'limits.memory=256Mi'), false);
  assert.equal(
    isLater('limits.memory=512Mi,pods=1', 'limits.memory=0,pods=3', 'limits.memory=256Mi,pods=3'),
    false,
  );
});

test('a mount that XFS refuses for its UUID is told from others', () => {
  const mount = (type: string, output: string) =>
    `MountVolume.MountDevice failed for volume "pvc-1" : rpc error: code = Internal desc = mount failed: exit status 32 Mounting command: mount Mounting arguments: -t ${type} -o defaults /dev/vde /x Output: mount: /x: ${output}`;
  const wrong =
    'wrong fs type, bad option, bad superblock on /dev/vde, missing codepage or helper program, or other error.';
  assert.equal(isSameFileSystem(mount('xfs', wrong)), true);
  assert.equal(isSameFileSystem(mount('ext4', wrong)), false);
  assert.equal(isSameFileSystem(mount('xfs', 'special device /dev/vde does not exist.')), false);
  // As the vSphere driver words it.
  const vsphere = `MountVolume.MountDevice failed for volume "p" : rpc error: code = Internal desc = error in formating and mounting volume. Parameters: {20d6625e xfs /globalmount [] false} err: mount failed: exit status 32 mount: /globalmount: ${wrong}`;
  assert.equal(isSameFileSystem(vsphere), true);
  assert.equal(isMountFailure(mount('xfs', wrong)), true);
  assert.equal(isMountFailure('AttachVolume.Attach failed for volume "pvc-1" : Multi-Attach error'), false);
});

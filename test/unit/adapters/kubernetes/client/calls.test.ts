import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import { call } from '../../../../../src/adapters/kubernetes/client/calls.ts';
import { WRITE } from '../../../../../src/domain/rights.ts';

/** Fails with these statuses, then answers. */
function answering(...statuses: readonly number[]): () => Promise<string> {
  const left = [...statuses];
  return async () => {
    const status = left.shift();
    if (status === undefined) return 'done';
    throw new ApiException(status, 'no', {}, {});
  };
}

test('an API server that was just started refuses and is overloaded for a moment: the call is made again', async () => {
  assert.equal(await call(WRITE.leaseMake, 'ns', answering(403, 503, 403)), 'done');
});

test('one that was away for longer than a refusal is waited for, and refuses then, is asked again', async (t) => {
  let steady = 0;
  t.mock.method(performance, 'now', () => steady);
  const answers = [503, 403, 403, 403];
  const work = async () => {
    const status = answers.shift();
    if (status === undefined) return 'done';
    steady += 6000;
    throw new ApiException(status, 'no', {}, {});
  };
  assert.equal(await call(WRITE.leaseMake, 'ns', work), 'done');
});

test('a refusal that stays names the right', async () => {
  await assert.rejects(call(WRITE.leaseMake, 'ns', answering(...Array(20).fill(403))), {
    code: 'FORBIDDEN',
    message:
      'Kubernetes does not allow in namespace ns: `create leases.coordination.k8s.io` to exclude other runs.',
  });
});

test('what is not there, or there already, is the caller’s to understand', async () => {
  for (const status of [404, 409])
    await assert.rejects(call(WRITE.leaseMake, 'ns', answering(status)), (e) => e instanceof ApiException);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Lease } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesLease } from '../../../../../src/adapters/kubernetes/datacenters/lease.ts';

function leases() {
  let stored: V1Lease = {};
  const coordination = {
    createNamespacedLease: async ({ body }: { body: V1Lease }) => {
      stored = body;
      return body;
    },
    readNamespacedLease: async () => stored,
    replaceNamespacedLease: async ({ body }: { body: V1Lease }) => {
      stored = body;
      return body;
    },
  };
  const connection = { namespace: 'ns', coordination } as unknown as Connection;
  const take = (holderIdentity: string) => {
    stored = { ...stored, spec: { ...stored.spec, holderIdentity } };
  };
  return { lease: kubernetesLease(connection, () => {}), take };
}

test('a lease is confirmed as long as it is held; one that another run has taken is lost at once', async () => {
  const { lease, take } = leases();
  const held = await lease.acquire('recover');
  await held.confirm();
  assert.equal(held.lost.aborted, false);
  take('after-restore elsewhere');
  const lost = { code: 'LEASE_LOST', message: /was taken by `after-restore elsewhere`/ };
  await assert.rejects(held.confirm(), lost);
  assert.equal(held.lost.aborted, true);
  await assert.rejects(held.confirm(), lost);
  await held.release();
});

test('one that was not renewed for long is lost, though nobody has taken it yet', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 0 });
  const held = await leases().lease.acquire('recover');
  t.mock.timers.setTime(25_000);
  await assert.rejects(held.confirm(), { code: 'LEASE_LOST', message: /was not renewed for 20 s/ });
  await held.release();
});

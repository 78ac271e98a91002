import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1Lease } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesLease } from '../../../../../src/adapters/kubernetes/datacenters/lease.ts';
import { kubernetesRunNotes } from '../../../../../src/adapters/kubernetes/datacenters/run-notes.ts';
import { parseRuns, type Run } from '../../../../../src/domain/last-runs.ts';
import { leases as versionedLeases } from '../../../support/leases.ts';

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

const noted = (id: string): Run => ({
  ...{ id, command: 'after-backup', hook: true, datacenters: [], tag: null, endedAt: null },
  ...{ startedAt: '2026-03-01T02:15:00.000Z', code: null, message: '' },
});

/** A lease that a run held which was killed, and the notes of other runs on it. */
function leftBehind() {
  const api = versionedLeases();
  const notes = kubernetesRunNotes(api.connection, (message) => assert.fail(message));
  api.put({
    metadata: { name: 'kassette' },
    spec: { holderIdentity: 'recover of a killed run', leaseDurationSeconds: 1 },
  });
  return { api, notes };
}

/** Take it, and go on here as soon as it is seen to be held. */
async function acquireSeen(connection: Connection) {
  const { promise: seen, resolve } = Promise.withResolvers<void>();
  const acquiring = kubernetesLease(connection, () => resolve()).acquire('recover');
  acquiring.catch(() => {});
  await seen;
  return { acquiring };
}

test('a run that notes itself on the lease of one that was killed is no sign of life of that', async () => {
  const { api, notes } = leftBehind();
  const { acquiring } = await acquireSeen(api.connection);
  await notes.note(noted('a'));
  const held = await acquiring;
  assert.match(api.stored?.spec?.holderIdentity ?? '', /^recover /);
  assert.equal(parseRuns(api.stored?.metadata?.annotations?.['kassette/last-runs'] ?? '').length, 1);
  await held.release();
});

test('a lease that somebody has noted a run on meanwhile is taken, and released, all the same', async () => {
  const { api, notes } = leftBehind();
  api.put({ metadata: { name: 'kassette' }, spec: { holderIdentity: '', leaseDurationSeconds: 1 } });
  // Between the look at it and the taking: the next call is the replacement.
  const { coordination } = api.connection;
  const { replaceNamespacedLease: replace } = coordination;
  let isFirst = true;
  const disturbed: Connection = Object.assign(Object.create(api.connection) as Connection, {
    coordination: {
      ...coordination,
      replaceNamespacedLease: async (request: Parameters<typeof replace>[0]) => {
        if (isFirst) {
          isFirst = false;
          await notes.note(noted('a'));
        }
        return replace(request);
      },
    },
  });
  const held = await kubernetesLease(disturbed, () => {}).acquire('recover');
  await notes.note(noted('b'));
  await held.release();
  assert.equal(held.lost.aborted, false);
  assert.equal(api.stored?.spec?.holderIdentity, '');
  const runs = parseRuns(api.stored?.metadata?.annotations?.['kassette/last-runs'] ?? '');
  assert.deepEqual(runs.map((r) => r.id).toSorted(), ['a', 'b']);
});

test('a lease that another run has taken meanwhile is not', async () => {
  const { api, notes } = leftBehind();
  const { acquiring } = await acquireSeen(api.connection);
  await notes.note(noted('a'));
  api.put({ ...api.stored, spec: { holderIdentity: 'another run', leaseDurationSeconds: 1 } });
  await assert.rejects(acquiring, { code: 'BUSY', message: /another run/ });
});

test('one that is renewed after somebody has noted a run on it is renewed at once', async (t) => {
  const { api, notes } = leftBehind();
  api.put({ metadata: { name: 'kassette' }, spec: { holderIdentity: '', leaseDurationSeconds: 1 } });
  t.mock.timers.enable({ apis: ['Date', 'setInterval'], now: 0 });
  const held = await kubernetesLease(api.connection, () => {}).acquire('recover');
  await notes.note(noted('a'));
  t.mock.timers.tick(15_000);
  for (let i = 0; i < 20; i++) await new Promise((done) => setImmediate(done));
  t.mock.timers.setTime(30_000);
  await held.confirm();
  assert.equal(held.lost.aborted, false);
  await held.release();
});

test('a clock that is set back hides no lease that was not renewed', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 3_600_000 });
  let steady = 0;
  t.mock.method(performance, 'now', () => steady);
  const held = await leases().lease.acquire('recover');
  t.mock.timers.setTime(0);
  steady = 25_000;
  await assert.rejects(held.confirm(), { code: 'LEASE_LOST', message: /was not renewed for 20 s/ });
  await held.release();
});

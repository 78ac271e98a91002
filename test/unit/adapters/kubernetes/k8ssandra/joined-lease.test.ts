import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesLease } from '../../../../../src/adapters/kubernetes/datacenters/lease.ts';
import { joinedLease } from '../../../../../src/adapters/kubernetes/k8ssandra/joined/lease.ts';
import { leases } from '../../../support/leases.ts';

/** Namespaces with a lease each, as an API server keeps them; which were taken and released, in that order. */
function namespaces(...names: readonly string[]) {
  const taken: string[] = [];
  const apis = new Map(names.map((name) => [name, leases()]));
  const places = names.map((namespace) => {
    const { connection } = apis.get(namespace) ?? leases();
    const lease = kubernetesLease({ ...connection, namespace } as Connection, () => {});
    const acquire = async (purpose: string) => {
      taken.push(`+${namespace}`);
      const held = await lease.acquire(purpose);
      const release = async () => {
        taken.push(`-${namespace}`);
        await held.release();
      };
      return { lost: held.lost, confirm: held.confirm, release };
    };
    return { namespace, lease: { acquire } };
  });
  const holders = () => names.map((n) => apis.get(n)?.stored?.spec?.holderIdentity?.split(' ')[0] ?? null);
  return { apis, places, taken, holders };
}

test('leases are taken in the order of the namespaces’ names, however they are given, and released the other way round', async () => {
  const { places, taken, holders } = namespaces('b', 'c', 'a');
  const held = await joinedLease(places).acquire('before-backup');
  assert.deepEqual(holders(), ['before-backup', 'before-backup', 'before-backup']);
  await held.confirm();
  await held.release();
  assert.deepEqual(taken, ['+a', '+b', '+c', '-c', '-b', '-a']);
  assert.deepEqual(holders(), ['', '', '']);
});

test('where one is held by another run, that is said with its namespace, and none is kept', async () => {
  const { apis, places, taken, holders } = namespaces('a', 'b', 'c');
  const other = kubernetesLease({ ...apis.get('b')?.connection, namespace: 'b' } as Connection, () => {});
  const held = await other.acquire('after-restore');
  const acquiring = joinedLease(places).acquire('before-backup');
  // It renews, as one that lives.
  const renewing = setInterval(() => {
    const stored = apis.get('b')?.stored;
    if (stored) apis.get('b')?.put({ ...stored, spec: { ...stored.spec, leaseTransitions: Date.now() } });
  }, 100);
  await assert.rejects(acquiring, { code: 'BUSY', message: /works in namespace b: after-restore/ });
  clearInterval(renewing);
  assert.deepEqual(taken, ['+a', '+b', '-a']);
  assert.deepEqual(holders(), ['', 'after-restore', null]);
  await held.release();
});

test('lost in one namespace it is lost, and the others are released', async () => {
  const { apis, places, holders } = namespaces('a', 'b');
  const held = await joinedLease(places).acquire('after-restore');
  const stored = apis.get('b')?.stored;
  apis.get('b')?.put({ ...stored, spec: { ...stored?.spec, holderIdentity: 'recover elsewhere' } });
  await assert.rejects(held.confirm(), {
    code: 'LEASE_LOST',
    message: /in namespace b was taken by `recover/,
  });
  assert.equal(held.lost.aborted, true);
  await held.release();
  assert.deepEqual(holders(), ['', 'recover']);
});

test('one that is lost while a later one was waited for is not had', async () => {
  const { places } = namespaces('a', 'b');
  const gone = new AbortController();
  const [a, b] = places;
  assert.ok(a && b);
  const losing = {
    namespace: 'a',
    lease: { acquire: async (p: string) => ({ ...(await a.lease.acquire(p)), lost: gone.signal }) },
  };
  const slow = {
    namespace: 'b',
    lease: {
      acquire: async (purpose: string) => {
        gone.abort(new Error('lost'));
        return b.lease.acquire(purpose);
      },
    },
  };
  await assert.rejects(joinedLease([losing, slow]).acquire('recover'), /lost/);
});

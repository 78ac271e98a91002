import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import cassandra from 'cassandra-driver';
import { connectError } from '../../../../src/adapters/cql/cql-errors.ts';
import type { Connection } from '../../../../src/adapters/kubernetes/client/connection.ts';
import { cassandraDatacenter } from '../../../../src/adapters/kubernetes/client/resources.ts';
import { superuser } from '../../../../src/adapters/kubernetes/client/secrets.ts';
import type { Datacenter } from '../../../../src/domain/cluster/topology.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { World } from '../../../simulation/cluster/world.ts';
import { OPTIONS } from '../../support/restorable-cluster.ts';

// Passwords that were changed between backup and restore: which is newer is said, and what can be done.

const TAG = 'kassette-20260301T021500Z-1a2b';
const worlds: World[] = [];
after(() => {
  for (const world of worlds) world.remove();
});

/** Secrets as Kubernetes has them: created, and changed by somebody once more. */
function secretsOf(names: readonly string[]) {
  const connection = {
    namespace: 'ns',
    core: {
      readNamespacedSecret: async ({ name }: { name: string }) => {
        if (!names.includes(name)) throw new Error(`there is no ${name}`);
        return {
          metadata: {
            creationTimestamp: new Date('2026-01-01T00:00:00Z'),
            managedFields: [
              { time: new Date('2026-03-02T00:00:00Z') },
              { time: new Date('2026-02-01T00:00:00Z') },
              {},
            ],
          },
          data: { username: btoa(`user of ${name}`), password: btoa('secret word') },
        };
      },
    },
  } as unknown as Connection;
  const dc = cassandraDatacenter.parse({ metadata: { name: 'dc1' }, spec: { clusterName: 'My C', size: 1 } });
  const found = new Map([['dc1', dc]]);
  return (superuserSecret?: string) =>
    superuser(connection, found, [{ name: 'dc1' } as Datacenter], { cqlTls: false, superuserSecret });
}

test('credentials say which secret they are of and when that was last changed; another one can be named', async () => {
  const of = secretsOf(['my-c-superuser', 'myc-superuser', 'older']);
  const { origin } = await of();
  assert.equal(origin?.changedAt, '2026-03-02T00:00:00.000Z');
  assert.match(origin?.called ?? '', /^secret ns\/.*-superuser$/);
  const named = await of('older');
  assert.deepEqual([named.username, named.origin?.called], ['user of older', 'secret ns/older']);
});

/** A cluster with a backup whose nodes then refuse what a secret of that time has. */
async function refusing(changedAt: string | null) {
  const world = World.make({ dc0: 1 });
  worlds.push(world);
  const ports = world.ports();
  await beforeBackup(ports, { ...OPTIONS, tag: TAG });
  const cause = new cassandra.errors.AuthenticationError('Provided username u and/or password are incorrect');
  const open: Ports['cql']['open'] = async () => {
    throw connectError(cause, [], { called: 'secret ns/c-superuser', changedAt });
  };
  try {
    await afterRestore({ ...ports, cql: { open } }, { ...OPTIONS, tag: TAG });
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('It was not refused.');
}

for (const [changedAt, message, hint] of [
  [
    '2026-03-02T00:00:00.000Z',
    /after backup kassette-20260301T021500Z-1a2b was made: the volumes have an older password/,
    /as they were when the backup was made: `--superuser-secret NAME`/,
  ],
  [
    '2026-02-01T00:00:00.000Z',
    /before backup \S+ was made: the volumes may have a newer password than it/,
    /as they were set last: `--superuser-secret NAME`/,
  ],
  [null, /name or password of secret ns\/c-superuser/, /`--superuser-secret NAME` takes another one/],
] as const) {
  test(`a secret that was changed ${changedAt ?? 'nobody knows when'} and is not accepted`, async () => {
    const error = await refusing(changedAt);
    assert.equal(error.code, 'CREDENTIALS');
    assert.match(error.message, message);
    assert.match(error.message, /secret ns\/c-superuser/);
    assert.match(error.hint, hint);
    assert.doesNotMatch(`${error.message}${error.hint}`, /secret word/);
  });
}

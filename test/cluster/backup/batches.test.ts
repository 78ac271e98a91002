import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'cassandra-driver';
import { hostsUp } from '../../../lab/dataset/define.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import { batchesReplayed } from '../../../src/engine/cluster/batches.ts';
import { healthyClusters } from '../../../src/engine/cluster/clusters.ts';
import { withSessions } from '../../../src/engine/cluster/sessions.ts';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import { restoreTable } from '../../../src/engine/verbs/restore-table.ts';
import type { CqlSession } from '../../../src/ports/cql.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { OPTIONS, replacing, warningsOf, withPorts, withSession } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * Batches whose coordinator was lost wait on other nodes for ten seconds and longer, and a start leaves there what its commit log
 * means for views. Replayed while a restore empties tables on one node after the other, they would bring back what is newer than
 * the backup; a backup without them would lack what was acknowledged.
 */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

test('a backup is taken, and tables are emptied, only when no batch waits any more', SLOW, async () => {
  let tag = '';
  const backUp = async (ports: Ports) => {
    tag = (await beforeBackup(ports, OPTIONS)).tag;
  };
  assert.deepEqual(await stepsOf(backUp), ['batch seen', 'no batch', 'snapshot']);
  await subject.changeRows();
  const table = replacing([{ keyspace: 'indexed', table: 'base_of_views' }], tag);
  const emptied = ['batch seen', 'no batch', 'truncate'];
  assert.deepEqual(await stepsOf((ports) => restoreTable(ports, table)), emptied);
  assert.deepEqual(await stepsOf((ports) => afterRestore(ports, OPTIONS)), emptied);
  await subject.assertRestored();
});

allTest(
  'batches that cannot be counted keep no backup from being made, but a restore from emptying anything',
  SLOW,
  async () => {
    const batches = async () => Promise.reject(new KassetteError('CQL', 'Too many.', 'Wait.'));
    const failing = (command: (ports: Ports) => Promise<unknown>) =>
      warningsOf(subject, { batches }, command);
    const warnings = await failing((ports) => beforeBackup(ports, OPTIONS));
    assert.deepEqual(warnings, [
      'Batches may wait to be replayed (Too many.): what they write may be missing in this backup.',
    ]);
    await subject.expectUnchanged(() =>
      assert.rejects(
        failing((ports) => afterRestore(ports, OPTIONS)),
        { code: 'CQL' },
      ),
    );
    await subject.dropBackup();
  },
);

/** What a command does where a batch waits on each node until it is asked for the third time. */
async function stepsOf(command: (ports: Ports) => Promise<unknown>): Promise<readonly string[]> {
  const steps: string[] = [];
  const note = (step: string) => {
    if (steps.at(-1) !== step) steps.push(step);
  };
  await withPorts(
    subject,
    ({ takeSnapshot }) => ({
      takeSnapshot: async (...of) => {
        note('snapshot');
        return takeSnapshot(...of);
      },
    }),
    (ports) => command(withSession(ports, (session) => withBatch(session, note))),
  );
  return steps;
}

function withBatch(session: CqlSession, note: (step: string) => void): Partial<CqlSession> {
  const truncate = session.truncate.bind(session);
  const asked = new Map<string, number>();
  return {
    batches: async ({ name }) => {
      const times = (asked.get(name) ?? 0) + 1;
      asked.set(name, times);
      note(times < 3 ? 'batch seen' : 'no batch');
      return times < 3 ? { count: 1, newest: 'id' } : { count: 0, newest: '' };
    },
    truncate: async (keyspace, table) => {
      note('truncate');
      await truncate(keyspace, table);
    },
  };
}

allTest('a batch is waited for until the last replica has its rows', SLOW, async () => {
  await subject.backUp();
  const ended: string[] = [];
  await withPorts(
    subject,
    () => ({}),
    async (ports) =>
      withSessions(ports, await healthyClusters(ports, OPTIONS), async ([connected]) => {
        assert.ok(connected !== undefined);
        const { cluster, session } = connected;
        const others = cluster.nodes.slice(0, -1);
        const isKept = async () => {
          const kept = await Promise.all(others.map((node) => session.batches(node)));
          return kept.some((k) => k.count > 0);
        };
        const pid = subject.cluster.processes().at(-1)?.cassandra;
        assert.ok(pid !== undefined && !(await isKept()));
        process.kill(pid, 'SIGSTOP');
        const running = [subject.harm(writeBatch).then(() => ended.push('written'))];
        try {
          for (let i = 0; !(await isKept()); i++) {
            assert.ok(i < 100);
            await sleep(50);
          }
          const waiting = batchesReplayed(
            ports,
            { session, cluster: { ...cluster, nodes: others } },
            OPTIONS,
          );
          running.push(waiting.then(({ left }) => ended.push(`${left.length} left`)));
          await sleep(2000);
          assert.deepEqual(ended, []);
        } finally {
          process.kill(pid, 'SIGCONT');
        }
        await Promise.all(running);
      }),
  );
  assert.deepEqual(ended.toSorted(), ['0 left', 'written']);
  await subject.restore();
  await subject.assertRestored();
});

async function writeBatch(): Promise<void> {
  const { client, cluster } = subject;
  const last = cluster.nodes.at(-1)?.address;
  const host = hostsUp(client).find((h) => !h.address.startsWith(`${last}:`));
  assert.ok(host !== undefined);
  const writes = [
    'DELETE FROM indexed.base_of_views WHERE id = 3',
    `UPDATE shapes.static_and_reversed SET bio = 'overwritten' WHERE author = 'a0'`,
  ];
  const options = { host, consistency: types.consistencies.all, readTimeout: 60_000 };
  await client.execute(`BEGIN BATCH ${writes.join('; ')}; APPLY BATCH`, [], options);
}

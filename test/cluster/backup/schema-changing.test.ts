import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { define } from '../../../lab/dataset/define.ts';
import { beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import { SLOW } from '../../tiers.ts';
import { assertNothingLeft } from '../support/contents/leftovers.ts';
import { OPTIONS, withPorts } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* A backup whose schema is not that of its snapshots could not be restored: made again, or given up as a whole. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
  await define(subject.client, [
    `CREATE KEYSPACE extra_churn WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
  ]);
}, SLOW);
after(async () => {
  await define(subject.client, ['DROP KEYSPACE extra_churn']);
  await subject.close();
}, SLOW);

test('while tables are made and dropped all the time: a whole backup, or none', SLOW, async () => {
  let going = true;
  const churn = (async () => {
    for (let i = 0; going; i++) {
      await define(subject.client, [`CREATE TABLE extra_churn.t${i} (id int PRIMARY KEY)`]);
      if (i % 2 === 1) await define(subject.client, [`DROP TABLE extra_churn.t${i}`]);
    }
  })();
  const run = await subject.kassette('before-backup');
  going = false;
  await churn;
  if (run.status === 0) {
    await subject.changeRows();
    await subject.restore();
  } else {
    assert.equal(run.status, 23, run.stderr);
    assert.match(
      run.stderr,
      /^error SCHEMA_CHANGING .*The schema changed during each of 3 attempts to take/m,
    );
    await assertNothingLeft(subject.cluster.nodes);
  }
});

test('changed during the first attempt: the second one makes the backup', SLOW, async () => {
  await changingAfter(1, async (ports) => {
    const { tag } = await beforeBackup(ports, OPTIONS);
    assert.deepEqual(await subject.dropBackup(), [tag]);
  });
});

test('changed during every attempt: refused, and nothing is left', SLOW, async () => {
  await changingAfter(3, (ports) =>
    assert.rejects(beforeBackup(ports, OPTIONS), {
      code: 'SCHEMA_CHANGING',
      exit: 23,
      message: 'The schema changed during each of 3 attempts to take the snapshots.',
      hint: 'No backup was made. Run `kassette before-backup` when nobody creates, alters or drops keyspaces and tables.',
    }),
  );
  await assertNothingLeft(subject.cluster.nodes);
});

/** Change the schema right after a node's snapshot in each of so many attempts. */
async function changingAfter(attempts: number, work: Parameters<typeof withPorts<void>>[2]): Promise<void> {
  const [first] = subject.cluster.nodes;
  let changed = 0;
  const replaced = (control: NodeControl): Partial<NodeControl> => ({
    async takeSnapshot(node, tag) {
      const outcome = await control.takeSnapshot(node, tag);
      if (node.name !== first?.name || changed >= attempts) return outcome;
      await define(subject.client, [
        `CREATE TABLE extra_churn.attempt_${attempts}_${changed++} (id int PRIMARY KEY)`,
      ]);
      return outcome;
    },
  });
  await withPorts(subject, replaced, work);
}

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { define, hostsUp } from '../../../lab/dataset/define.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { assertRefuses } from '../support/refusals.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* All nodes are killed and started: what their commit logs hold must not undo a restore, nor hide that one is due. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

test(
  'killed right after the restore and started again, nothing replays: the data are identical',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.changeSome();
    await subject.restore();
    await subject.restart();
    await subject.assertRestored();
    // Started anew, the volumes may be others: the record of that restore tells nothing any more.
    const none = { code: 'NO_BACKUP', exit: 30, message: 'No backup is in the volumes.' } as const;
    await assertRefuses(subject.directory, ['after-restore'], none);
  },
);

allTest(
  'a backup under which all nodes were started anew is kept for its restore, which then works once',
  SLOW,
  async () => {
    await makeDroppedColumns();
    const tag = await subject.backUp();
    await subject.changeRows();
    await subject.restart();
    await subject.settle();
    const there = `--tag ${tag} --embedded ${subject.directory}`;
    const message = `The volumes of ${subject.cluster.file.cluster} hold backup ${tag}, and all nodes were restarted since, as after a restore of the volumes.`;
    for (const command of ['before-backup', 'after-backup']) {
      const refusal = { code: 'RESTORE_PENDING', exit: 29, message } as const;
      const hint = await subject.expectUnchanged(() => assertRefuses(subject.directory, [command], refusal));
      assert.equal(
        hint,
        `Nothing was changed. Run \`kassette after-restore ${there}\` to restore it, or \`kassette after-backup ${there}\` to give it up; then back up again.`,
      );
    }
    // A manifest that is damaged on one node hides nothing: the files of all nodes are there.
    const manifest = join(subject.cluster.nodes[1]?.volume ?? '', 'kassette', tag, 'backup.json');
    const whole = await readFile(manifest);
    await writeFile(manifest, whole.subarray(0, 100));
    await assertRefuses(subject.directory, ['before-backup'], { code: 'RESTORE_PENDING', exit: 29, message });
    await writeFile(manifest, whole);
    const { outcome, plan } = await subject.restore();
    // Neither does a column dropped before the backup make its table differ.
    assert.deepEqual([outcome, plan?.drops, plan?.creates], ['restored', [], []]);
    for (const options of [[], ['--tag', tag]]) {
      const again = await subject.expectUnchanged(() => subject.restore(...options));
      assert.deepEqual([again.outcome, again.tag, again.plan], ['unchanged', tag, null]);
    }
    await define(subject.client, ['DROP KEYSPACE extra_drops']);
    await subject.assertRestored();
  },
);

allTest(
  'schema changed and started anew, as volumes are that were copied later than the backup: all as in the backup',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.changeEverything();
    await subject.restart();
    await subject.settle();
    assert.equal((await subject.restore()).outcome, 'restored');
    await subject.assertRestored();
  },
);

/** Each node tells the time of those drops that it coordinated in microseconds, until its next start. */
async function makeDroppedColumns(): Promise<void> {
  await define(subject.client, [
    `CREATE KEYSPACE extra_drops WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 3}`,
    'CREATE TABLE extra_drops.rows (id int PRIMARY KEY, a int, b int, c int, d int, e int, f int)',
  ]);
  for (const [i, host] of hostsUp(subject.client).entries()) {
    const columns = ['a, b', 'c, d', 'e, f'][i];
    await subject.client.execute(`ALTER TABLE extra_drops.rows DROP (${columns})`, [], { host });
    await define(subject.client, [`ALTER TABLE extra_drops.rows WITH comment = 'agreed'`]);
  }
}

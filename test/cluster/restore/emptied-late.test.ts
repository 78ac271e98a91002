import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { SLOW } from '../../tiers.ts';
import { afterRefresh, OPTIONS, withPorts } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* A coordinator may still have a TRUNCATE of a run that was cut off, and carry it out after the next run has loaded. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

test(
  'a table that is emptied while tables are loaded is noticed, and the next run brings it back',
  SLOW,
  async () => {
    await subject.backUp();
    await subject.changeSome();
    let emptied = false;
    const replaced = afterRefresh(async (keyspace, table) => {
      if (emptied || `${keyspace}.${table}` !== 'deletions.tombstones') return;
      emptied = true;
      await subject.client.execute('TRUNCATE deletions.tombstones');
    });
    await withPorts(subject, replaced, (ports) =>
      assert.rejects(afterRestore(ports, OPTIONS), {
        code: 'VERIFY_FAILED',
        message: /^After loading, "deletions"\."tombstones" was truncated once more on \S+\.$/,
      }),
    );
    assert.ok(emptied);
    await subject.restore();
    await subject.assertRestored();
  },
);

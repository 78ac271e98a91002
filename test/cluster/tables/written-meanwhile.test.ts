import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { restoreTable } from '../../../src/engine/verbs/restore-table.ts';
import { SLOW } from '../../tiers.ts';
import { afterRefresh, replacing, withPorts } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* Clients that go on while their tables come back are not kept away, but what they wrote must not go untold. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

test('a table that is written to while it comes back is named; undisturbed, none is', SLOW, async () => {
  const tag = await subject.backUp();
  await subject.changeEverything();
  const replaced = afterRefresh(async (keyspace, table) => {
    if (`${keyspace}.${table}` !== 'deletions.tombstones') return;
    await subject.client.execute('DELETE FROM deletions.tombstones WHERE part = 4');
  });
  const options = replacing([{ keyspace: 'deletions', table: null }], tag);
  const { concurrentWrites } = await withPorts(subject, replaced, (ports) => restoreTable(ports, options));
  assert.deepEqual(concurrentWrites, ['"deletions"."tombstones"']);
  const { outcome, plan } = await subject.restore();
  // Emptied, made again and altered ones are among them.
  assert.equal(outcome, 'restored');
  assert.ok(['reload', 'recreate'].every((action) => plan?.tables.some((t) => t.action === action)));
  await subject.assertRestored();
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustRun } from '../../../lab/cli.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { assertNothingLeft } from '../support/contents/leftovers.ts';
import { assertNotRestorable, assertRefuses } from '../support/refusals.ts';
import { statusResult } from '../support/results.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* With one node's Cassandra stopped nothing is begun. */
let subject: Subject;
let tag: string;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

function lastNode(): string {
  return subject.cluster.nodes.at(-1)?.name ?? '';
}

function refusal() {
  const message = `Node ${lastNode()} does not serve CQL; all nodes must be UP and NORMAL.`;
  return { code: 'NODE_DOWN', exit: 20, message } as const;
}

allTest('before-backup and after-backup refuse while a node is down, and leave nothing', SLOW, async () => {
  await subject.cluster.stopNode(lastNode());
  for (const command of ['before-backup', 'after-backup']) {
    await assertRefuses(subject.directory, [command, '--timeout', '2s'], refusal());
  }
  await assertNothingLeft(subject.cluster.nodes);
  await subject.cluster.startNodes(lastNode());
});

test(
  'after-restore and plan refuse while a node is down; status still looks into its volume',
  SLOW,
  async () => {
    tag = await subject.backUp();
    await subject.changeSome();
    await subject.cluster.stopNode(lastNode());
    await assertNotRestorable(subject.directory, refusal(), ['--timeout', '2s']);
    const { result } = await mustRun(subject.directory, ['status'], statusResult);
    const shown = result.clusters.flatMap((c) => c.backups);
    assert.deepEqual(shown, [{ tag, complete: true, missingOn: [], restoring: false }]);
  },
);

test('after-restore waits for a node that comes back within --timeout, and then restores', SLOW, async () => {
  const run = subject.kassette('after-restore', '--timeout', '2m');
  await sleep(1500);
  await subject.cluster.startNodes(lastNode());
  const { status, stderr } = await run;
  assert.equal(status, 0, stderr);
  await subject.assertRestored();
});

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { afterBackup } from '../../../src/engine/verbs/after-backup.ts';
import { outputsIn } from '../../e2e/support/kasten/kube-task-pod.ts';
import { SLOW } from '../../tiers.ts';
import { someDataFile } from '../support/contents/backup-files.ts';
import { assertNothingLeft } from '../support/contents/leftovers.ts';
import { OPTIONS, withPorts } from '../support/in-process.ts';
import { assertRefuses } from '../support/refusals.ts';
import { stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/* Two policies on one namespace, as their hooks are called: what one has open the other leaves alone. */
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

/** A hook that must succeed; answers its phase outputs. */
async function hook(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const run = await subject.kassette(...args, '--output', 'kanister');
  assert.equal(run.status, 0, run.stderr);
  return outputsIn(run.stdout);
}

for (const [who, first, second] of [
  ['identified by Kasten', ['--run', 'first'], ['--run', 'second']],
  ['of which nothing is known', [], []],
] as const) {
  test(
    `two runs ${who}: the second is refused, its failure hook removes nothing, the first is closed`,
    SLOW,
    async () => {
      const { tag } = await hook('before-backup', ...first);
      const refused = await subject.kassette('before-backup', ...second, '--output', 'kanister');
      assert.equal(refused.status, 43, refused.stderr);
      assert.match(refused.stderr, new RegExp(`^error BACKUP_OPEN .*Backup ${tag} of `, 'm'));
      const failed = await hook('after-backup', '--failed', ...second);
      assert.deepEqual([failed['removed'], failed['left']], ['', tag]);
      const closed = await hook('after-backup', ...first);
      assert.deepEqual([closed['removed'], closed['closed'], closed['left']], [tag, tag, '']);
      await assertNothingLeft(subject.cluster.nodes);
      const again = await hook('after-backup', ...first);
      assert.deepEqual([again['removed'], again['closed']], ['', tag]);
      // Without another one its failure hook finds its own.
      const next = await hook('before-backup', ...second);
      assert.equal((await hook('after-backup', '--failed', ...second))['removed'], next['tag']);
      await assertNothingLeft(subject.cluster.nodes);
    },
  );
}

test(
  'killed before and in the middle of the removal, after-backup ends it when it is run again',
  SLOW,
  async () => {
    const tag = await subject.backUp();
    const step = `Checking backup ${tag}`;
    assert.equal((await stopRunAt(subject.directory, ['after-backup'], { step })).signal, 'SIGKILL');
    await withPorts(
      subject,
      () => ({ clearSnapshot: () => Promise.reject(new Error('killed')) }),
      (ports) => assert.rejects(afterBackup(ports, { ...OPTIONS, concurrency: 1 }), /killed/),
    );
    const [node] = subject.cluster.nodes;
    const record = JSON.parse(await readFile(join(node?.volume ?? '', 'kassette', 'closed.json'), 'utf8'));
    assert.equal(record.tag, tag);
    assert.deepEqual(await subject.dropBackup(), [tag]);
    await assertNothingLeft(subject.cluster.nodes);
    assert.deepEqual(await subject.dropBackup(), []);
  },
);

test(
  'a file that is missing when the volumes are copied fails after-backup, and nothing is left',
  SLOW,
  async () => {
    const tag = await subject.backUp();
    const node = subject.cluster.nodes[1] ?? assert.fail();
    const { path, shown } = await someDataFile(node, tag);
    await rm(path);
    const message = `Backup ${tag} is no longer whole: The backup on ${node.name} is damaged: ${shown} is missing. The copies of the volumes that were made meanwhile may hold no restorable backup.`;
    const json = await subject.kassette('after-backup', '--output', 'json');
    const { error } = JSON.parse(json.stdout) as { error: { code: string; message: string } };
    assert.deepEqual([json.status, error.code, error.message], [36, 'FILES_DAMAGED', message]);
    await assertNothingLeft(subject.cluster.nodes);
    await assertRefuses(subject.directory, ['after-backup'], {
      ...{ code: 'NO_BACKUP', exit: 30 },
      message: /^No backup is in the volumes\. /,
    });
  },
);

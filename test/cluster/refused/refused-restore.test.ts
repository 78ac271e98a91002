import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import type { ClusterNode } from '../../../src/adapters/embedded/cluster-file.ts';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { plan } from '../../../src/engine/verbs/plan.ts';
import { SLOW } from '../../tiers.ts';
import { backupDirectory, replaceFile, someDataFile, takeAway } from '../support/contents/backup-files.ts';
import { assertSameState, type DatabaseState } from '../support/contents/state.ts';
import { OPTIONS, withPorts } from '../support/in-process.ts';
import { assertNotRestorable } from '../support/refusals.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * What is wrong with the backup's files or with the cluster is found before anything is destroyed: own error, own exit
 * status, data as they were, also those newer than the backup. What is wrong in a manifest: refused-manifest.test.ts.
 */
let subject: Subject;
let tag: string;
let dirty: DatabaseState;
let node: ClusterNode;

before(async () => {
  subject = await openSubject();
  const [, second] = subject.cluster.nodes;
  assert.ok(second);
  node = second;
  tag = await subject.backUp();
  await subject.changeSome();
  dirty = await subject.state();
}, SLOW);
afterEach(async () => assertSameState(await subject.state(), dirty), SLOW);
after(() => subject.close(), SLOW);

test('no backup in the volumes', SLOW, async (t) => {
  for (const each of subject.cluster.nodes) await takeAway(t, join(each.volume, 'kassette'));
  const message = 'No backup is in the volumes.';
  await assertNotRestorable(subject.directory, { code: 'NO_BACKUP', exit: 30, message });
});

test('not the backup that --tag names', SLOW, async () => {
  const other = 'kassette-20200101T000000Z-0000';
  const message = `No backup ${other} is in the volumes; there is ${tag}.`;
  await assertNotRestorable(subject.directory, { code: 'NO_BACKUP', exit: 30, message }, ['--tag', other]);
});

test('no complete marker on one node', SLOW, async (t) => {
  await takeAway(t, join(backupDirectory(node, tag), 'complete'));
  await assertNotRestorable(subject.directory, incomplete());
  await assertNotRestorable(subject.directory, incomplete(), ['--tag', tag]);
});

test("one node's part is missing", SLOW, async (t) => {
  await takeAway(t, join(node.volume, 'kassette'));
  await assertNotRestorable(subject.directory, incomplete());
});

function incomplete() {
  const message = `Backup ${tag} is not complete: its part is missing or has no complete marker on ${node.name}.`;
  return { code: 'BACKUP_INCOMPLETE', exit: 31, message } as const;
}

test('a file of the snapshot is missing', SLOW, async (t) => {
  const { path, shown } = await someDataFile(node, tag);
  await takeAway(t, path);
  await assertNotRestorable(subject.directory, damaged(`${shown} is missing`));
});

test('a file of the snapshot is shorter', SLOW, async (t) => {
  const { path, shown, bytes } = await someDataFile(node, tag);
  await replaceFile(t, path, (content) => content.subarray(0, -1));
  await assertNotRestorable(
    subject.directory,
    damaged(`${shown} has ${bytes - 1} bytes instead of ${bytes}`),
  );
});

test('a file of the snapshot has another digest', SLOW, async (t) => {
  const { digest, shown, crc } = await someDataFile(node, tag);
  const other = crc.replace(/^./, (c) => (c === '1' ? '2' : '1'));
  await replaceFile(t, digest, () => other);
  await assertNotRestorable(subject.directory, damaged(`${shown} has the digest ${other} instead of ${crc}`));
});

test('a file of the snapshot has another content, with --verify full', SLOW, async (t) => {
  const { path, shown, crc } = await someDataFile(node, tag);
  await replaceFile(t, path, (content) => content.map((byte, i) => (i === 10 ? byte ^ 1 : byte)));
  const message = new RegExp(
    `^The backup on ${node.name} is damaged: ${shown} has the CRC-32 \\d+ instead of ${crc}\\.$`,
  );
  await assertNotRestorable(subject.directory, { code: 'FILES_DAMAGED', exit: 36, message }, [
    '--verify',
    'full',
  ]);
});

function damaged(what: string) {
  return {
    code: 'FILES_DAMAGED',
    exit: 36,
    message: `The backup on ${node.name} is damaged: ${what}.`,
  } as const;
}

test('not enough free space', SLOW, async () => {
  const reserve = 100 * 1024 ** 4;
  const message = new RegExp(
    `^The volume of \\S+ has \\d+ bytes free; the restore needs \\d+ \\(\\d+ for indexes, views and statistics, ${reserve} in reserve\\)\\.$`,
  );
  await assertNotRestorable(subject.directory, { code: 'NO_SPACE', exit: 38, message }, [
    '--reserve',
    '100TiB',
  ]);
});

test('the nodes do not agree on one schema', SLOW, async () => {
  const schemaVersions = async () =>
    new Map([
      ['aaaa', ['127.0.0.1']],
      ['bbbb', ['127.0.0.2']],
    ]);
  for (const command of [afterRestore, plan]) {
    await withPorts(
      subject,
      () => ({ schemaVersions }),
      (ports) =>
        assert.rejects(command(ports, { ...OPTIONS, timeoutMs: 0 }), {
          code: 'SCHEMA_DISAGREEMENT',
          exit: 22,
          message: 'The nodes do not agree on one schema version (aaaa: 127.0.0.1; bbbb: 127.0.0.2).',
          hint: /^Nothing was changed\. /,
        }),
    );
  }
});

test('wrong credentials', SLOW, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-credentials-'));
  t.after(() => rm(directory, { recursive: true }));
  const superuser = join(directory, 'superuser.json');
  await writeFile(superuser, JSON.stringify({ ...subject.superuser, password: 'not-the-password' }));
  await writeFile(join(directory, 'cluster.json'), JSON.stringify({ ...subject.cluster.file, superuser }));
  const message = /^Cassandra did not accept the superuser's name or password: (?!.*not-the-password)/;
  await assertNotRestorable(directory, { code: 'CREDENTIALS', exit: 26, message });
});

test('once all is in order the same backup is restored', SLOW, async () => {
  await subject.restore('--verify', 'full');
  await subject.assertRestored();
  dirty = await subject.state();
});

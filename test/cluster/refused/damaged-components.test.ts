import { after, before, test } from 'node:test';
import { SLOW } from '../../tiers.ts';
import { readManifest, replaceFile, someDataFile } from '../support/contents/backup-files.ts';
import { assertNotRestorable, assertRefuses } from '../support/refusals.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * A Filter.db that says no to every key makes Cassandra find no row by its key while a scan finds all of them. Cassandra has
 * no checksum of it, so on all replicas alike nothing would tell.
 */
let subject: Subject;
let tag: string;

before(async () => {
  subject = await openSubject();
  tag = await subject.backUp();
}, SLOW);
after(() => subject.close(), SLOW);

test('a filter that is damaged on every node is found before anything is changed', SLOW, async (t) => {
  await subject.changeSome();
  await subject.expectUnchanged(() =>
    t.test('refused', SLOW, async (inner) => {
      for (const node of subject.cluster.nodes) {
        const { path } = await someDataFile(node, tag);
        // Its head says how many hashes there are; what follows are the bits.
        await replaceFile(inner, path.replace(/Data\.db$/, 'Filter.db'), (content) => content.fill(0, 8));
      }
      const message =
        /^The backup on \S+ is damaged: data\/deletions\/tombstones-\S+-Filter\.db has the checksum \d+ instead of \d+\.$/;
      const refusal = { code: 'FILES_DAMAGED', exit: 36, message } as const;
      await assertRefuses(subject.directory, ['verify', '--from', `backup:${tag}`, '--deep'], refusal);
      await assertNotRestorable(subject.directory, refusal, ['--verify', 'full']);
    }),
  );
  await subject.restore('--verify', 'full');
  await subject.assertRestored();
});

test('the next backup vouches for every file, too', SLOW, async (t) => {
  tag = await subject.backUp();
  for (const node of subject.cluster.nodes) {
    const { tables } = await readManifest(node, tag);
    const files = tables.flatMap((table) => table.parts.flatMap((p) => [...p.files]));
    const bare = files.filter((f) => f.crc === undefined && f.cksum === undefined);
    t.assert.deepEqual(bare, []);
  }
  const { status } = await subject.kassette('verify', '--from', `backup:${tag}`, '--deep');
  t.assert.equal(status, 0);
  await subject.dropBackup();
});

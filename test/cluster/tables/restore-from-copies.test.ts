import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { define } from '../../../lab/dataset/define.ts';
import { copyVolumes } from '../../../lab/volume-copies.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { editManifest, someDataFile, takeAway } from '../support/contents/backup-files.ts';
import { assertRefuses } from '../support/refusals.ts';
import { stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables, shownTablePlan, verified } from '../support/tables.ts';

/*
 * From copies of the volumes, as a clone restore makes them: mapped to nodes by their manifests, never by name; carried once
 * into a staging directory, checked, linked; never written to.
 */
const run = promisify(execFile);
const NAMES = ['deletions.tombstones', 'indexed.base_of_views', 'counted'];
let subject: Subject;
let copies: string;
let from: string;
let tag: string;

before(async () => {
  subject = await openSubject();
  tag = await subject.backUp();
  copies = join(subject.directory, 'copies');
  await copyVolumes(subject.cluster, copies, 0);
  await subject.dropBackup();
  // Names that tell nothing, or the wrong thing.
  const [first, second, third] = await readdir(copies);
  for (const [old, now] of [
    [first, 'other'],
    [second, first],
    ['other', second],
    [third, 'pvc-20260301'],
  ] as const) {
    await rename(join(copies, old ?? ''), join(copies, now ?? ''));
  }
  from = `path:${copies}`;
}, SLOW);
after(async () => {
  await rm(copies, { recursive: true, force: true });
  await subject.close();
}, SLOW);

/** A copy as the test support takes nodes: by its volume. */
async function copyOf(index: number) {
  const name = (await readdir(copies)).toSorted()[index] ?? '';
  const [node] = subject.cluster.nodes;
  assert(node !== undefined);
  return { ...node, name, volume: join(copies, name) };
}

const harm = () =>
  subject.harm(() =>
    define(subject.client, [
      'DROP TABLE deletions.tombstones',
      'TRUNCATE indexed.base_of_views',
      'DROP KEYSPACE counted',
    ]),
  );

/** Every file of the copies with its content's sum and times. */
async function fingerprint(): Promise<string> {
  const script = `find . -type f -printf '%p %s %T@ %C@ %m\\n' -exec cksum {} + | sort`;
  return (await run('sh', ['-c', script], { cwd: copies, maxBuffer: 2 ** 27 })).stdout;
}

test('restored from copies under wrong names; copies untouched, staging gone', SLOW, async () => {
  const untouched = await fingerprint();
  await harm();
  const shown = await shownTablePlan(subject, NAMES, from);
  assert(shown.bytesCopied > 0 && !shown.redistribute);
  const done = await restoreTables(subject, NAMES, from);
  assert.deepEqual(done.plan, shown);
  assert.equal(done.bytesCopied, done.bytesLinked);
  await subject.assertRestored();
  assert.equal(await fingerprint(), untouched);
});

allTest('killed in the midst of copying: the next run goes on with what is there', SLOW, async () => {
  await harm();
  const slow = ['restore-table', ...NAMES, '--from', from, '--rate', '8KiB'];
  const killed = await stopRunAt(subject.directory, slow, { step: 'Writing the journal', laterMs: 1500 });
  assert.equal(killed.signal, 'SIGKILL');
  const staged = await Promise.all(
    subject.cluster.nodes.map(({ volume }) => bytesIn(join(volume, 'kassette', 'staging'))),
  );
  assert(
    staged.some((bytes) => bytes > 0),
    staged.join(),
  );
  // The live tables were not touched yet; what was dropped is still away, and nothing else.
  const { stderr } = await subject.kassette('restore-table', ...NAMES, '--from', from);
  assert.match(stderr, /Copying files: .* of .* left \(/);
  await subject.assertRestored();
});

async function bytesIn(directory: string): Promise<number> {
  const { stdout } = await run('du', ['-sb', directory]).catch(() => ({ stdout: '0' }));
  return Number(stdout.split('\t')[0]);
}

allTest('killed after each later stage and run again: the same result', SLOW, async () => {
  for (const step of [
    'Copying files',
    'Checking the copies',
    'Linking files',
    'Loading tables',
    'Verifying',
  ]) {
    await harm();
    const args = ['restore-table', ...NAMES, '--from', from];
    assert.equal((await stopRunAt(subject.directory, args, { step })).signal, 'SIGKILL', step);
    await restoreTables(subject, NAMES, from);
    await subject.assertRestored();
  }
});

const refused = (
  code: 'FILES_DAMAGED' | 'WRONG_CLUSTER' | 'BACKUP_INCOMPLETE',
  exit: number,
  message: RegExp,
  keyspace = 'deletions',
) =>
  subject.expectUnchanged(async () => {
    const args = [keyspace, '--from', from];
    await assertRefuses(subject.directory, ['restore-table', ...args], { code, exit, message });
    await assertRefuses(subject.directory, ['verify', '--from', from, '--deep'], { code, exit, message });
  });

allTest(
  'a copy missing, of another cluster, twice, or with another one’s manifest is refused',
  SLOW,
  async (t) => {
    assert.equal((await verified(subject, from, '--deep')).nodes.length, 3);
    const [one, two] = [await copyOf(0), await copyOf(1)];
    await t.test('missing', async (t) => {
      await takeAway(t, join(one.volume, 'kassette'));
      await refused('BACKUP_INCOMPLETE', 31, /the parts of dse-cass-prd-default-sts-\d are missing/);
    });
    await t.test('of another cluster', async (t) => {
      await editManifest(t, one, tag, (m) => ({ ...m, cluster: 'other' }));
      await refused('WRONG_CLUSTER', 35, /`other`/);
    });
    await t.test('twice', async (t) => {
      await run('cp', ['-al', one.volume, join(copies, 'again')]);
      t.after(() => rm(join(copies, 'again'), { recursive: true }));
      await refused('WRONG_CLUSTER', 35, /are both of node/);
    });
    await t.test('with another one’s manifest', async (t) => {
      const [a, b] = [join(one.volume, 'kassette'), join(two.volume, 'kassette')];
      const swap = async () => {
        await rename(a, `${a}.x`);
        await rename(b, a);
        await rename(`${a}.x`, b);
      };
      await swap();
      t.after(swap);
      // Where all nodes have all rows, files may be the same to the byte, and no harm is done.
      await refused('FILES_DAMAGED', 36, /is missing|instead of/, 'replicated_once');
    });
  },
);

test(
  'one byte wrong in a copy: verify --deep and the restore refuse it, nothing live is changed',
  SLOW,
  async (t) => {
    const copy = await copyOf(2);
    const { path, crc } = await someDataFile(copy, tag);
    const whole = await readFile(path);
    const write = async (content: Uint8Array) => {
      const file = await open(path, 'r+');
      await file.write(content);
      await file.close();
    };
    await write(Buffer.from(whole).fill((whole[20] ?? 0) ^ 1, 20, 21));
    t.after(() => write(whole));
    // Sizes and digests are right: only who reads it can tell.
    await verified(subject, from);
    await refused('FILES_DAMAGED', 36, new RegExp(`has the CRC-32 \\d+ instead of ${crc}`));
    const staged = await Promise.all(
      subject.cluster.nodes.map(({ volume }) => bytesIn(join(volume, 'kassette'))),
    );
    assert(staged.some((bytes) => bytes > 0));
    await write(whole);
    await restoreTables(subject, ['deletions'], from);
    await subject.assertRestored();
  },
);

allTest('no room for the copies: refused before anything is copied', SLOW, async () => {
  const args = ['restore-table', 'deletions', '--from', from, '--reserve', '900TiB'];
  await subject.expectUnchanged(() =>
    assertRefuses(subject.directory, args, {
      code: 'NO_SPACE',
      exit: 38,
      message: /\d+ to copy, \d+ for indexes/,
    }),
  );
  await subject.assertRestored();
});

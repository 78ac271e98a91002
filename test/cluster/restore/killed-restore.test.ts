import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allTest, SLOW } from '../../tiers.ts';
import { type Moment, stepTimes, stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * after-restore is killed and run again: the second run must bring about what one whole run does. Killed means SIGKILL to
 * kassette alone, as when a hook's pod is taken away: what Cassandra or a script beside the files is at goes on.
 */
let subject: Subject;
/** Milliseconds that each step of a whole run takes. */
let times: ReadonlyMap<string, number>;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

const HARMLESS = [
  'Checking the nodes',
  'Looking for backups',
  'Checking backup',
  'warning: Clients must',
] as const;
const STAGES = [
  'Writing the journal',
  'Dropping objects that the backup lacks or defines otherwise',
  'Truncating tables',
  'Creating missing objects',
  'Linking files',
  'Loading tables',
  'Verifying',
  'Restoring permissions',
  'Recording that all is loaded',
  'Removing the backup and the automatic snapshots',
] as const;
const [JOURNAL, DROP, TRUNCATE, CREATE, LINK, LOAD, VERIFY, PERMISSIONS, RECORD, REMOVE] = STAGES;

/**
 * Each after the one before: after a step, or half of another one later. What a killed run has dropped or created is no step of the next
 * one: what comes then is told instead, or comes before.
 */
const KILLS: readonly { readonly step: string; readonly orStep?: string; readonly halfOf?: string }[] = [
  { step: JOURNAL },
  { step: JOURNAL, halfOf: DROP },
  { step: DROP, orStep: TRUNCATE },
  { step: JOURNAL, halfOf: TRUNCATE },
  { step: TRUNCATE },
  { step: TRUNCATE, halfOf: CREATE },
  { step: CREATE, orStep: LINK },
  { step: TRUNCATE, halfOf: LINK },
  { step: LINK },
  { step: LINK, halfOf: LOAD },
  { step: LOAD },
  { step: VERIFY },
  { step: PERMISSIONS },
  { step: RECORD, halfOf: REMOVE },
];

async function wreck(): Promise<void> {
  await subject.backUp();
  await subject.changeSome();
}

async function killAt(moment: Moment): Promise<void> {
  const run = await stopRunAt(subject.directory, ['after-restore'], moment);
  // The last step is short, and may have ended the run before the signal is there.
  const last: readonly string[] = STAGES.slice(-2);
  if (last.includes(moment.step) && run.signal === null) assert.equal(run.status, 0, run.lines.join('\n'));
  else assert.equal(run.signal, 'SIGKILL', run.lines.join('\n'));
}

test('a whole run, whose times the later kills use', SLOW, async () => {
  await wreck();
  const run = await subject.kassette('after-restore');
  assert.equal(run.status, 0, run.stderr);
  times = stepTimes(run.stderr);
  for (const stage of STAGES)
    assert.ok(
      [...times.keys()].some((t) => t.startsWith(stage)),
      stage,
    );
  await subject.assertRestored();
});

allTest(
  'killed before loading, and Cassandra started upon the links, twice: run again, it restores',
  SLOW,
  async () => {
    // Cassandra takes the links for its own then, and counts its next files on from theirs.
    for (let round = 0; round < 2; round++) {
      await wreck();
      await killAt({ step: 'Linking files' });
      await subject.restart();
      assert.equal((await subject.restore()).outcome, 'restored');
      await subject.assertRestored();
    }
  },
);

allTest(
  'killed after each step before the first that changes data: nothing is changed, and a later run restores',
  SLOW,
  async () => {
    await wreck();
    await subject.expectUnchanged(async () => {
      for (const step of HARMLESS) await killAt({ step });
    });
    assert.equal((await subject.restore()).outcome, 'restored');
    await subject.assertRestored();
  },
);

for (const step of [DROP, LINK, LOAD]) {
  test(`killed after \`${step}\` and run again: the database is that of the backup`, SLOW, async () => {
    await wreck();
    await killAt({ step });
    await subject.restore();
    await subject.assertRestored();
  });
}

// Each kill by itself, before and after every call, is the simulation's. Here each run begins where the one before was killed.
allTest(
  'killed after each step and in the midst of it, again and again: the database is that of the backup',
  SLOW,
  async () => {
    await wreck();
    for (const { halfOf, ...moment } of KILLS)
      await killAt(halfOf === undefined ? moment : { ...moment, laterMs: (times.get(halfOf) ?? 0) / 2 });
    await subject.restore();
    await subject.assertRestored();
  },
);

allTest('asked to stop by SIGTERM it ends with status 14, and run again it restores', SLOW, async () => {
  await wreck();
  const step = 'Writing the journal';
  const run = await stopRunAt(subject.directory, ['after-restore'], { step }, 'SIGTERM');
  assert.deepEqual([run.status, run.signal], [14, null]);
  const [error, hint] = run.lines.slice(-2);
  assert.match(
    error ?? '',
    /^error INTERRUPTED \(exit status 14\): Ended from outside by SIGTERM: .*time limit/,
  );
  assert.match(hint ?? '', /^hint: Run the same command again: .* a restore continues\./);
  await subject.restore();
  await subject.assertRestored();
});

test('while a restore is unfinished a policy’s hooks leave its backup alone', SLOW, async () => {
  await wreck();
  await killAt({ step: 'Truncating tables' });
  for (const command of ['before-backup', 'after-backup']) {
    const run = await subject.kassette(command);
    assert.equal(run.status, 29, run.stderr);
    assert.match(run.stderr, /error RESTORE_PENDING .*its restore has begun and not ended\.$/m);
  }
  await subject.restore();
  await subject.assertRestored();
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { types } from 'cassandra-driver';
import { compareData, describeDifferences } from '../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../lab/dataset/compare/record.ts';
import { define } from '../../../lab/dataset/define.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { writeAll } from '../support/contents/changes.ts';
import { assertRefuses } from '../support/refusals.ts';
import { stopRunAt } from '../support/stopped-run.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables, shownTablePlan } from '../support/tables.ts';

/* Beside the live table, into it, and runs that are killed. */
let subject: Subject;
let tag: string;
let from: string;

before(async () => {
  subject = await openSubject();
  tag = await subject.backUp();
  from = `backup:${tag}`;
}, SLOW);
after(async () => {
  await subject.dropBackup('--tag', tag);
  await subject.close();
}, SLOW);

/** A record of one table under another name. */
function renamedRecord(record: DataRecord, name: string): DataRecord {
  return { tables: Object.fromEntries(Object.values(record.tables).map((t) => [name, t])) };
}

async function assertSameRows(saved: DataRecord, name: string, keyspace: string, table: string) {
  const now = await recordData(subject.client, { include: (k, t) => k === keyspace && t === table });
  const comparison = compareData(renamedRecord(saved, name), now);
  assert(comparison.rows > 0 && comparison.identical, describeDifferences(comparison));
}

const recordOf = (keyspace: string, table: string) =>
  recordData(subject.client, { include: (k, t) => k === keyspace && t === table });

allTest(
  '--as in the same keyspace: the copy has rows, types and indexes; the live table stays',
  SLOW,
  async () => {
    const saved = await recordOf('indexed', 'by_secondary_index');
    const change = "UPDATE indexed.by_secondary_index SET color = 'later' WHERE part = 1 AND seq = 1";
    await subject.harm(() => writeAll(subject.client, [change]));
    const live = await recordOf('indexed', 'by_secondary_index');
    const as = ['--as', 'indexed."Then"'];
    const shown = await shownTablePlan(subject, ['indexed.by_secondary_index'], from, ...as);
    assert.deepEqual([shown.mode, shown.drops, shown.truncates], ['side-by-side', [], []]);
    const done = await restoreTables(subject, ['indexed.by_secondary_index'], from, ...as);
    assert.deepEqual(done.plan, shown);
    await assertSameRows(saved, '"indexed"."Then"', 'indexed', 'Then');
    assert.deepEqual(await recordOf('indexed', 'by_secondary_index'), live);
    const asked = 'SELECT part FROM indexed."Then" WHERE color = ?';
    const answer = await subject.client.execute(asked, ['red'], { prepare: true }).catch(String);
    assert(typeof answer !== 'string', 'the copy has no index');
    await assertRefuses(
      subject.directory,
      ['restore-table', 'indexed.by_secondary_index', '--from', from, ...as],
      { code: 'TARGET_EXISTS', exit: 56, message: 'table "indexed"."Then" exists already.' },
    );
    await define(subject.client, ['DROP TABLE indexed."Then"']);
    await restoreTables(subject, ['indexed.by_secondary_index'], from);
    await subject.assertIntact();
  },
);

test('--as another keyspace: a whole keyspace with its types, functions and counters', SLOW, async () => {
  const saved = await recordOf('altered', 'grown');
  const counters = await recordOf('counted', 'counters');
  await restoreTables(subject, ['altered'], from, '--as', '"extra_Then"');
  await assertSameRows(saved, '"extra_Then"."grown"', 'extra_Then', 'grown');
  await restoreTables(subject, ['counted.counters'], from, '--as', '"extra_Then".counters');
  await assertSameRows(counters, '"extra_Then"."counters"', 'extra_Then', 'counters');
  await define(subject.client, ['DROP KEYSPACE "extra_Then"']);
  await subject.assertIntact();
});

test('--mode merge: the union, the newer cell of each; deletions since then stay', SLOW, async () => {
  const consistency = types.consistencies.all;
  const rows = async () => {
    const all = await subject.client.execute(
      'SELECT id, value, writetime(value) AS at FROM replicated_once.rows',
      [],
      {
        consistency,
        fetchSize: 5000,
      },
    );
    return new Map(all.rows.map((r) => [r.get('id') as number, `${r.get('value')} ${r.get('at')}`]));
  };
  const saved = await rows();
  await subject.harm(() => define(subject.client, ['TRUNCATE replicated_once.rows']));
  await writeAll(subject.client, [
    "INSERT INTO replicated_once.rows (id, value) VALUES (2, 'newer')",
    "INSERT INTO replicated_once.rows (id, value) VALUES (5000, 'new')",
    'DELETE FROM replicated_once.rows WHERE id = 1',
  ]);
  const live = await rows();
  const done = await restoreTables(subject, ['replicated_once.rows'], from, '--mode', 'merge');
  assert.deepEqual(
    done.plan.tables.map((t) => [t.action, done.plan.truncates, done.plan.drops]),
    [['merge', [], []]],
  );
  assert(done.plan.notes.some((n) => n.includes('tombstone')));
  const expected = new Map([...saved, ...live]);
  expected.delete(1);
  assert(saved.has(1) && saved.has(3));
  assert.deepEqual(await rows(), expected);
  await restoreTables(subject, ['replicated_once.rows'], from);
  await subject.assertIntact();
});

test('--mode merge refuses counters, and nothing is changed', SLOW, async () => {
  const args = ['restore-table', 'counted.counters', '--from', from, '--mode', 'merge'];
  const message = /counters that were counted twice cannot be recognized/;
  await assertRefuses(subject.directory, args, { code: 'MERGE_REFUSED', exit: 55, message });
  await subject.assertIntact();
});

const STAGES = [
  'warning: Clients must',
  'Writing the journal',
  'Dropping objects that the backup lacks or defines otherwise',
  'Truncating tables',
  'Creating missing objects',
  'Linking files',
  'Loading tables',
  'Verifying',
  'Restoring permissions',
] as const;
const KILLED = ['altered.recreated', '"Order"."select"', 'indexed.base_of_views'];

allTest(
  'killed after each stage and run again: the same result, and the backup is kept from hooks',
  SLOW,
  async () => {
    for (const step of STAGES) {
      await subject.harm(() =>
        define(subject.client, [
          'DROP TABLE altered.recreated',
          'CREATE TABLE altered.recreated (other uuid PRIMARY KEY)',
          'TRUNCATE "Order"."select"',
          'DROP MATERIALIZED VIEW indexed.by_city',
        ]),
      );
      const run = await stopRunAt(subject.directory, ['restore-table', ...KILLED, '--from', from], { step });
      assert.equal(run.signal, 'SIGKILL', step);
      if (step === 'Truncating tables') {
        const hook = await subject.kassette('before-backup');
        assert.equal(hook.status, 29, hook.stderr);
        assert.match(hook.stderr, /a restore of .*"altered"\."recreated".* has begun and not ended/);
        await assertNotMeant();
      }
      await restoreTables(subject, KILLED, from);
      await subject.assertIntact();
    }
  },
);

/** The way on is the same command; after-restore would set everything back, which must be said by naming the backup. */
async function assertNotMeant(): Promise<void> {
  const message =
    /^A restore of .*"indexed"\."base_of_views".* alone has begun in .* and not ended; this would set all of it back/;
  for (const command of ['after-restore', 'plan']) {
    await assertRefuses(subject.directory, [command], { code: 'RESTORE_PENDING', exit: 29, message });
  }
  const meant = await subject.kassette('plan', '--tag', tag);
  assert.equal(meant.status, 0, meant.stderr);
}

const kill = async (step: string, args: readonly string[]) => {
  const run = await stopRunAt(subject.directory, ['restore-table', ...args], { step });
  assert.equal(run.signal, 'SIGKILL', step);
};

allTest(
  '--as is killed and run again: it knows what it made, and nothing else of that name',
  SLOW,
  async () => {
    const saved = await recordOf('indexed', 'by_secondary_index');
    const args = ['indexed.by_secondary_index', '--from', from, '--as', 'indexed."Then"'];
    await kill('Writing the journal', args);
    await define(subject.client, ['CREATE TABLE indexed."Then" (id int PRIMARY KEY)']);
    await subject.client.execute('INSERT INTO indexed."Then" (id) VALUES (7)');
    const exists = { code: 'TARGET_EXISTS', exit: 56, message: /^table "indexed"\."Then" exists/ } as const;
    await assertRefuses(subject.directory, ['restore-table', ...args], exists);
    assert.equal((await subject.client.execute('SELECT id FROM indexed."Then"')).rowLength, 1);
    await define(subject.client, ['DROP TABLE indexed."Then"']);
    for (const step of ['Creating missing objects', 'Loading tables']) {
      await kill(step, args);
      const hook = await subject.kassette('before-backup');
      assert.equal(hook.status, 29, hook.stderr);
      // Without --as it would replace the live table.
      const command = `\`kassette restore-table '"indexed"."by_secondary_index"' --from ${from} --as '"indexed"."Then"' --embedded ${subject.directory}\``;
      assert.ok(hook.stderr.includes(command), hook.stderr);
      await restoreTables(subject, ['indexed.by_secondary_index'], from, '--as', 'indexed."Then"');
      await assertSameRows(saved, '"indexed"."Then"', 'indexed', 'Then');
      await define(subject.client, ['DROP TABLE indexed."Then"']);
    }
    await kill('Loading tables', args);
    await define(subject.client, [
      'DROP TABLE indexed."Then"',
      'CREATE TABLE indexed."Then" (id int PRIMARY KEY)',
    ]);
    await assertRefuses(subject.directory, ['restore-table', ...args], exists);
    await define(subject.client, ['DROP TABLE indexed."Then"']);
    await restoreTables(subject, ['indexed.by_secondary_index'], from, '--as', 'indexed."Then"');
    await define(subject.client, ['DROP TABLE indexed."Then"']);
    await subject.assertIntact();
  },
);

allTest(
  'nothing is merged into what another run has half replaced; replacing it ends what was begun',
  SLOW,
  async () => {
    const table = 'replicated_once.rows';
    await kill('Truncating tables', [table, '--from', from]);
    const merge = ['restore-table', table, '--from', from, '--mode', 'merge'];
    const message =
      /^A restore of "replicated_once"\."rows" from \S+ has begun and not ended; rows cannot be added/;
    await subject.expectUnchanged(() =>
      assertRefuses(subject.directory, merge, { code: 'RESTORE_PENDING', exit: 29, message }),
    );
    await restoreTables(subject, [table], from);
    await kill('Writing the journal', merge.slice(1));
    await restoreTables(subject, ['replicated_once'], from);
    const { stdout } = await subject.kassette('status');
    const [now = ''] = stdout.split('last runs');
    assert.match(now, /complete/);
    assert.doesNotMatch(now, /begun and not ended/);
    await subject.assertIntact();
  },
);

allTest(
  'what only others could lose is refused: a type that they use, a name that they have',
  SLOW,
  async () => {
    const restore = ['restore-table', 'altered.grown', '--from', from];
    await subject.harm(() =>
      define(subject.client, ['CREATE TABLE altered.extra_user (id int PRIMARY KEY, v frozen<money>)']),
    );
    // Grown at its end, the type serves both: the table is loaded, and reads its values with nulls behind.
    await define(subject.client, ['ALTER TYPE altered.money ADD later text']);
    const shown = await shownTablePlan(subject, ['altered.grown'], from);
    assert.deepEqual(shown.differences, [
      'type "altered"."money" has got the new `later text` since; it stays as it is',
    ]);
    const done = await restoreTables(subject, ['altered.grown'], from);
    assert.deepEqual(done.plan, shown);
    await define(subject.client, ['ALTER TYPE altered.money RENAME cents TO pence']);
    const hint = await assertRefuses(subject.directory, restore, {
      code: 'SCHEMA_CONFLICT',
      exit: 54,
      message:
        /its field 1 was `cents \w+`, is `pence \w+`\), and table "altered"\."extra_user" uses it, too\.$/,
    });
    assert.match(hint, /^Nothing was changed\./);
    await define(subject.client, ['DROP TABLE altered.extra_user']);
    await restoreTables(subject, ['altered'], from);
    await subject.assertIntact();
  },
);

test('names that the backup does not have are refused with what may be meant', SLOW, async () => {
  for (const [name, message, hint] of [
    ['Order.select', 'The backup has no table "order"."select".', /'"Order"\."select"'/],
    ['nope', 'The backup has no keyspace "nope".', /kassette plan/],
    ['system_auth.roles', 'The backup has no table "system_auth"."roles".', /own keyspaces/],
  ] as const) {
    const refusal = { code: 'NO_SUCH_TABLE', exit: 53, message } as const;
    assert.match(
      await assertRefuses(subject.directory, ['restore-table', name, '--from', from], refusal),
      hint,
    );
  }
});

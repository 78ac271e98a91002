import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandText } from '../../../../src/domain/hint.ts';
import {
  commandOf,
  parseTableJournal,
  renderTableJournal,
  unended,
} from '../../../../src/domain/tables/table-journal.ts';

const TAG = 'kassette-20260301T021500Z-1a2b';

test('a journal of tables reads back; entries whose backup is gone cannot end, those of copies can', () => {
  const entry = {
    ...{
      key: 'k',
      source: `backup:${TAG}`,
      tag: TAG,
      tables: ['"a"."b"'],
      options: [],
      startedAt: '2026-03-01T02:15:00Z',
    },
    ...{
      autoSnapshots: ['data/a/b-1/snapshots/truncated-1-b'],
      recreated: ['table "a"."b"'],
      ids: {},
      pendingStatements: ['CREATE INDEX x ON a.b (c);'],
    },
  };
  const copy = { ...entry, key: 'c', source: 'path:/x' };
  const entries = parseTableJournal(renderTableJournal([entry, copy]));
  assert.deepEqual(entries, [entry, copy]);
  assert.deepEqual(unended(entries, [TAG]), entries);
  assert.deepEqual(unended(entries, []), [copy]);
  assert.equal(renderTableJournal([]), '');
  for (const text of [null, '', '{', '{"version":2,"entries":[]}', '[]'])
    assert.deepEqual(parseTableJournal(text), []);
});

test('the command that goes on with a restore is the one that was begun: another mode would empty the live table', () => {
  const entry = { tables: ['"Shop"."it\'s"'], source: `backup:${TAG}`, options: [] };
  assert.equal(
    commandText(commandOf(entry)),
    `kassette restore-table '"Shop"."it'\\''s"' --from backup:${TAG}`,
  );
  const beside = { ...entry, tables: ['"a"."b"'], options: ['--as', '"a"."b_then"'] };
  assert.equal(
    commandText(commandOf(beside)),
    `kassette restore-table '"a"."b"' --from backup:${TAG} --as '"a"."b_then"'`,
  );
  const merge = { ...beside, source: 'path:/x y', options: ['--mode', 'merge'] };
  assert.equal(
    commandText(commandOf(merge)),
    `kassette restore-table '"a"."b"' --from 'path:/x y' --mode merge`,
  );
});

test('what an earlier version wrote into a volume is read, and the volume keeps the names of its fields', () => {
  const old = {
    ...{
      key: 'k',
      source: `backup:${TAG}`,
      tag: TAG,
      tables: ['"a"'],
      options: [],
      startedAt: '2026-03-01T02:15:00Z',
    },
    ...{
      ids: {},
      automatic: ['data/a/b-1/snapshots/truncated-1-b'],
      made: ['table "a"."b"'],
      owed: ['CREATE INDEX x ON a.b (c);'],
    },
  };
  const text = `${JSON.stringify({ version: 1, entries: [old] })}\n`;
  const [read] = parseTableJournal(text);
  assert.deepEqual(
    [read?.autoSnapshots, read?.recreated, read?.pendingStatements],
    [old.automatic, old.made, old.owed],
  );
  assert.equal(renderTableJournal(parseTableJournal(text)), text);
});

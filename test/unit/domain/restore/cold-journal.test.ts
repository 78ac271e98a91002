import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ColdJournal,
  parseColdJournal,
  renderColdJournal,
  restoredColdBy,
} from '../../../../src/domain/restore/cold-journal.ts';
import { type Journal, parseJournal, renderJournal } from '../../../../src/domain/restore/journal.ts';
import { readJournals } from '../../../../src/domain/restore-state/kept.ts';

const COLD: ColdJournal = {
  version: 1,
  tag: 'kassette-20260301T021500Z-1a2b',
  stage: 'restored',
  run: 1,
  startedAt: '2026-03-01T03:00:00.000Z',
  restoredAt: '2026-03-01T03:00:05.000Z',
  keepDisplaced: false,
  autoSnapshots: null,
  ...{ tables: 1, files: 8, bytes: 100 },
};
const WARM: Journal = {
  version: 1,
  tag: COLD.tag,
  stage: 'replacing',
  startedAt: '2026-03-01T02:30:00.000Z',
  autoSnapshots: [],
  recreated: [],
  concurrentWrites: [],
  ...{ tables: 1, files: 8, bytes: 100 },
};
const by = (cold: ColdJournal | null, warm: Journal | null) =>
  restoredColdBy(
    readJournals({
      cold: cold === null ? null : renderColdJournal(cold),
      journal: warm === null ? null : renderJournal(warm),
    }),
  );

test('a cold restore that ended is one', () => {
  assert.deepEqual(by(COLD, null), COLD);
});

test('one that did not end is none, nor is one after which a warm restore has begun to empty tables', () => {
  assert.equal(by(null, null), null);
  assert.equal(by({ ...COLD, stage: 'replacing', restoredAt: null }, null), null);
  for (const startedAt of ['2026-03-01T03:10:00.000Z', '2026-03-01T02:30:00.000Z']) {
    assert.equal(by(COLD, { ...WARM, startedAt }), null, 'whatever the two clocks say');
  }
});

test('what an earlier version wrote into a volume is read, and the volume keeps the names of its fields', () => {
  const { autoSnapshots: _, ...cold } = COLD;
  const oldCold = { ...cold, automatic: ['a/snapshots/dropped-1-a'] };
  assert.deepEqual(parseColdJournal(JSON.stringify(oldCold)), {
    ...COLD,
    autoSnapshots: ['a/snapshots/dropped-1-a'],
  });
  assert.deepEqual(
    JSON.parse(renderColdJournal({ ...COLD, autoSnapshots: ['a/snapshots/dropped-1-a'] })),
    oldCold,
  );

  const { autoSnapshots: __, recreated: ___, concurrentWrites: ____, ...warm } = WARM;
  const oldWarm = {
    ...warm,
    automatic: ['a/snapshots/dropped-1-a'],
    made: ['table "a"."b"'],
    writtenTo: ['"a"."b"'],
  };
  const read = parseJournal(JSON.stringify(oldWarm));
  assert.deepEqual(
    [read?.autoSnapshots, read?.recreated, read?.concurrentWrites],
    [oldWarm.automatic, oldWarm.made, oldWarm.writtenTo],
  );
  assert.deepEqual(read && JSON.parse(renderJournal(read)), oldWarm);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ColdJournal,
  renderColdJournal,
  restoredColdBy,
} from '../../src/domain/restore/cold-journal.ts';
import { type Journal, renderJournal } from '../../src/domain/restore/journal.ts';
import { readJournals } from '../../src/domain/restore-state/kept.ts';

const COLD: ColdJournal = {
  version: 1,
  tag: 'kassette-20260301T021500Z-1a2b',
  stage: 'restored',
  run: 1,
  startedAt: '2026-03-01T03:00:00.000Z',
  restoredAt: '2026-03-01T03:00:05.000Z',
  keepDisplaced: false,
  automatic: null,
  ...{ tables: 1, files: 8, bytes: 100 },
};
const WARM: Journal = {
  version: 1,
  tag: COLD.tag,
  stage: 'replacing',
  startedAt: '2026-03-01T02:30:00.000Z',
  automatic: [],
  made: [],
  writtenTo: [],
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assess, NOT_ASKED } from '../../../../src/domain/restore-state/assess.ts';
import { readKept } from '../../../../src/domain/restore-state/kept.ts';
import type { AssessedVolume } from '../../../../src/domain/restore-state/state.ts';
import { cold, journal, KeptVolumes, TAG } from '../../support/kept-volumes.ts';

/** What is kept in the volumes, without any Cassandra. */
function volumesOf({ kept }: KeptVolumes): readonly AssessedVolume[] {
  return [...kept].map(([node, { entries, restored, tables }]) => ({
    node,
    ...readKept({ backups: entries, restored, tables }),
  }));
}

test('what Cassandra was not asked for is never done, and no ended cold restore counts', () => {
  const tidied = volumesOf(new KeptVolumes().tidied('both'));
  assert.equal(assess(tidied, NOT_ASKED).done, null);
  const restored = assess(volumesOf(new KeptVolumes().backup('both', { cold: cold('restored') })), NOT_ASKED);
  assert.ok(restored.kind === 'restored-cold' && restored.early === 'n-dc1');
});

test('nothing is done while the journal of any restore says that it has begun', () => {
  const now = new Map(
    [...new KeptVolumes().kept].map(([node, { gossipGeneration }]) => [node, gossipGeneration]),
  );
  const done = (given: Parameters<KeptVolumes['backup']>[1]) =>
    assess(
      volumesOf(new KeptVolumes().tidied('both', 'kassette-20260201T021500Z-1a2b').backup('one', given)),
      {
        now,
        saved: new Map(),
      },
    ).done;
  assert.equal(done({})?.restoredAt, '2026-03-01T03:00:00.000Z');
  for (const text of [journal('replacing'), journal('loaded'), 'torn'])
    assert.equal(done({ journal: text }), null);
  assert.equal(done({ cold: cold('replacing') }), null);
});

test('a text that cannot be read is not the same as no text', () => {
  const [volume] = volumesOf(new KeptVolumes().backup('both', { journal: 'torn', cold: '{}' }));
  assert.deepEqual(volume?.backups[0]?.journal, { text: 'torn', value: null });
  assert.deepEqual(volume?.backups[0]?.cold, { text: '{}', value: null });
  const state = assess(
    volumesOf(new KeptVolumes().backup('one', { journal: 'torn' }).backup('other')),
    NOT_ASKED,
  );
  assert.ok(state.kind === 'replacing');
  assert.deepEqual(state.tags, [TAG]);
});

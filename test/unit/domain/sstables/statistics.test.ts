import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { fixedLength } from '../../../../src/domain/sstables/clustering-slice.ts';
import { parseComponent } from '../../../../src/domain/sstables/sstable.ts';
import { UnreadableStatistics, unrepaired } from '../../../../src/domain/sstables/statistics.ts';

/**
 * Statistics that Cassandra 5.0.6 wrote of tables of the test schema, and what its own `mutateRepairMetadata` made of each: not repaired
 * (`clean`), repaired, of a session that has not ended, of a session on a transient replica. Raw deflate, base64.
 */
type State = 'clean' | 'repaired' | 'pending' | 'transient';
const FILES = JSON.parse(readFileSync(new URL('statistics.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<State, string>
>;
const nameOf = (file: string) => parseComponent(file) ?? assert.fail(`${file} is no component`);
const bytesOf = (packed: string) => inflateRawSync(Buffer.from(packed, 'base64'));

for (const [file, states] of Object.entries(FILES)) {
  const [name, clean] = [nameOf(file), bytesOf(states.clean)];
  for (const state of ['repaired', 'pending', 'transient'] as const) {
    test(`${file}, ${state}: it becomes to the byte what Cassandra makes of it`, () => {
      const before = bytesOf(states[state]);
      assert.deepEqual(unrepaired(name, before), clean);
      assert.deepEqual(before, bytesOf(states[state]), 'the original was changed');
    });
  }
  test(`${file}: what is not repaired stays`, () => assert.equal(unrepaired(name, clean), null));
  test(`${file}: whatever byte is damaged, it is left alone`, () => {
    const pending = bytesOf(states.pending);
    for (let at = 0; at < pending.length; at += 7) {
      const damaged = Buffer.from(pending);
      damaged[at] = (damaged[at] ?? 0) ^ 0x41;
      assert.throws(() => unrepaired(name, damaged), UnreadableStatistics, `byte ${at}`);
    }
    for (const end of [0, 3, 40, pending.length - 1])
      assert.throws(() => unrepaired(name, pending.subarray(0, end)), UnreadableStatistics);
  });
}

test('statistics of a version that is not known are left alone', () => {
  const bytes = bytesOf(FILES['da-1-bti-Statistics.db']?.pending ?? '');
  for (const file of ['db-1-bti-Statistics.db', 'pa-1-big-Statistics.db', 'oa-1-bti-Statistics.db'])
    assert.throws(() => unrepaired(nameOf(file), bytes), /are not known/);
});

test('values of clustering columns have the lengths that their types have in Cassandra', () => {
  const marshal = (name: string) => `org.apache.cassandra.db.marshal.${name}`;
  assert.equal(fixedLength(marshal('Int32Type')), 4);
  assert.equal(fixedLength(marshal(`ReversedType(${marshal('TimeUUIDType')})`)), 16);
  assert.equal(fixedLength(marshal(`VectorType(${marshal('FloatType')} , 3)`)), 12);
  assert.equal(fixedLength(marshal(`VectorType(${marshal('UTF8Type')} , 3)`)), null);
  assert.equal(fixedLength(marshal('UTF8Type')), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkSegment } from '../../../../src/domain/rewind/log-check.ts';
import { segment } from './segment.ts';

const ID = 1_795_800_411_714n;
const WHOLE = segment(ID, [[40, 100], [], [12]]);

test('a segment is whole, with its mutations counted; of one that was made in advance nothing is', () => {
  assert.deepEqual(checkSegment(ID, WHOLE), { kind: 'whole', mutations: 3, bytes: 188 });
  assert.deepEqual(checkSegment(ID, segment(ID, [])), { kind: 'empty' });
  // One that is exactly full has no marker at its end.
  assert.deepEqual(checkSegment(ID, segment(ID, [[40]], '{}', 0)), {
    kind: 'whole',
    mutations: 1,
    bytes: 52,
  });
});

test('what is encrypted is not looked into', () => {
  const settings = '{"encCipher":"AES/CBC/PKCS5Padding"}';
  assert.equal(checkSegment(ID, segment(ID, [[40]], settings)).kind, 'closed');
});

test('of what is compressed the sections are looked at, not what is in them', () => {
  const settings = '{"compressionClass":"LZ4Compressor"}';
  // No room is made for it in advance: it ends with its last section, or with its header.
  const full = segment(ID, [[40, 100], [12]], settings, 0);
  // The test's first mutation has its size where a compressed section has the length of what is in it.
  assert.deepEqual(checkSegment(ID, full), { kind: 'whole', mutations: null, bytes: 52 });
  const inside = Buffer.from(full);
  inside[full.length - 1] = 0xff;
  assert.equal(checkSegment(ID, inside).kind, 'whole');
  assert.deepEqual(checkSegment(ID, segment(ID, [], settings, 0)), { kind: 'empty' });
  for (let length = 0; length < full.length; length++) {
    const check = checkSegment(ID, full.subarray(0, length));
    const ends = [segment(ID, [], settings, 0).length, segment(ID, [[40, 100]], settings, 0).length];
    // What is less than a marker behind a section Cassandra takes for nothing, too.
    const isEnd = ends.some((end) => length >= end && length < end + 8);
    assert.equal(check.kind === 'damaged', !isEnd, `${length} of ${full.length} bytes`);
  }
});

test('a length that no compressed section can have is damage', () => {
  const settings = '{"compressionClass":"LZ4Compressor"}';
  const full = segment(ID, [[40], [12]], settings, 0);
  const start = segment(ID, [], settings, 0).length;
  for (const length of [-1, 2 ** 31 - 1]) {
    const wrong = Buffer.from(full);
    wrong.writeInt32BE(length, start + 8);
    assert.deepEqual(checkSegment(ID, wrong), {
      ...{ kind: 'damaged', at: length < 0 ? start + 8 : start + 8 + 52 + 8 },
      ...{ why: 'the length of a section is wrong', torn: false },
    });
  }
});

test('a segment under the name of another one is damaged', () => {
  assert.equal(checkSegment(ID + 1n, WHOLE).kind, 'damaged');
});

// Where a section ends has no checksum: beyond the last one it may lie later, as long as there is nothing.
test('whatever bit is turned over, no mutation is lost or altered without being seen', () => {
  const written = WHOLE.findLastIndex((byte) => byte !== 0);
  fc.assert(
    fc.property(fc.nat(written), fc.nat(7), (at, bit) => {
      const turned = Buffer.from(WHOLE);
      turned[at] = (turned[at] ?? 0) ^ (1 << bit);
      const check = checkSegment(ID, turned);
      return check.kind !== 'whole' || (check.mutations === 3 && at >= 200 && at < 204);
    }),
  );
});

test('an end that is cut off is seen, and nothing is ever thrown', () => {
  const full = segment(ID, [[40, 100], [200]], '{}', 0);
  for (let length = 0; length < full.length; length++) {
    const check = checkSegment(ID, full.subarray(0, length));
    // A cut between two sections cannot be told from a segment with one section less.
    assert(check.kind !== 'whole' || check.mutations === 2, `${length} bytes`);
  }
  fc.assert(fc.property(fc.uint8Array(), (bytes) => checkSegment(ID, Buffer.from(bytes)).kind !== 'whole'));
});

/** A copy with these bytes overwritten. */
const overwritten = (at: number, bytes: Uint8Array | number) => {
  const copy = Buffer.from(WHOLE);
  copy.set(typeof bytes === 'number' ? Buffer.alloc(bytes) : bytes, at);
  return copy;
};
const START = segment(ID, [], '{}', 0).length;
const [FIRST, SECOND, LAST] = [START + 8, START + 8 + 52, START + 8 + 52 + 112 + 8 + 8];
const torn = (file: Buffer) => {
  const check = checkSegment(ID, file);
  return check.kind === 'damaged' ? [check.at, check.torn] : check.kind;
};

test('what the end of a node leaves has nothing behind it; of damage elsewhere it is said', () => {
  // In the last mutation of all, and in those with another one or another section behind them.
  assert.deepEqual(torn(overwritten(LAST + 10, 4)), [LAST, true]);
  assert.deepEqual(torn(overwritten(FIRST + 10, 4)), [FIRST, false]);
  assert.deepEqual(torn(overwritten(FIRST, Buffer.from([127, 1]))), [FIRST, false]);
  assert.deepEqual(torn(overwritten(SECOND + 10, 4)), [SECOND, false]);
  // Cut short it is torn, whatever was behind.
  assert.deepEqual(torn(WHOLE.subarray(0, SECOND + 20)), [START, true]);
});

test('a size or a sync marker that is zero, where more follows, does not end a segment in silence', () => {
  assert.deepEqual(torn(overwritten(FIRST, 52)), [FIRST, false]);
  assert.deepEqual(torn(overwritten(SECOND, 112)), [SECOND, false]);
  assert.deepEqual(torn(overwritten(START, 8)), [START, false]);
  assert.deepEqual(torn(overwritten(SECOND + 112, 8)), [SECOND + 112, false]);
  assert.equal(torn(overwritten(LAST - 8, 8)), 'whole');
});

test('a damaged header is torn only where nothing lies behind it, and a wrong sync marker never is', () => {
  assert.deepEqual(torn(overwritten(6, 2)), [0, false]);
  assert.deepEqual(torn(overwritten(0, START + 8)), [0, false]);
  assert.deepEqual(torn(Buffer.alloc(4096)), [0, true]);
  assert.deepEqual(torn(WHOLE.subarray(0, 10)), [0, true]);
  assert.deepEqual(torn(overwritten(LAST - 8, Buffer.from([0, 0, 1, 0, 1, 1]))), [LAST - 8, false]);
});

test('no sector of a segment can be lost in silence but behind its last mutation, or with the last section', () => {
  const full = segment(
    ID,
    Array.from({ length: 40 }, (_, n) => [40 + n, 70]),
    '{}',
    16_384,
  );
  const written = full.findLastIndex((byte) => byte !== 0);
  for (let at = 0; at + 512 < written - 200; at += 512) {
    const lost = Buffer.from(full);
    lost.fill(0, at, at + 512);
    const check = checkSegment(ID, lost);
    assert.ok(check.kind === 'damaged' && !check.torn, `sector at ${at}: ${check.kind}`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import { joinedCrc32 } from '../../../../src/domain/sstables/crc32.ts';
import { checksumsOf } from '../../../../src/engine/reading/checksums.ts';
import type { Volumes } from '../../../../src/ports/volumes.ts';

const node = { name: 'n' } as Node;
const CONTENT = Buffer.from('what is in a file of some length');

/** Notes how many bytes each run in the volume reads. */
function reading(reads: number[]): Pick<Volumes, 'checksums' | 'rangeChecksums'> {
  return {
    checksums: async (_, paths, kind) => {
      reads.push(paths.length * CONTENT.length);
      return paths.map((path) => `${kind} of ${path}`);
    },
    rangeChecksums: async (_, segments) =>
      segments.map(({ offset, bytes }) => {
        reads.push(bytes);
        return crc32(CONTENT.subarray(offset, offset + bytes));
      }),
  };
}

test('the CRC-32 of a whole follows from those of its parts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(500), (all, at) => {
      const [first, second] = [all.subarray(0, at), all.subarray(at)];
      assert.equal(joinedCrc32(crc32(first), crc32(second), second.length), crc32(all));
    }),
    { numRuns: 500 },
  );
});

test('a file that is longer than a run may read is summed up in parts', async () => {
  const reads: number[] = [];
  const files = [{ path: 'a', bytes: CONTENT.length, kind: 'crc32' as const }];
  const found = checksumsOf(reading(reads), node, files, { most: { items: 10, weight: 10 } });
  for await (const [, sum] of found) assert.equal(sum, String(crc32(CONTENT)));
  assert.deepEqual(reads, [10, 10, 10, CONTENT.length - 30]);
});

test('no run sums up more files or bytes than it may, and none begins after a stop', async () => {
  const reads: number[] = [];
  const stop = new AbortController();
  const files = Array.from({ length: 5 }, (_, i) => ({
    ...{ path: `f${i}`, bytes: CONTENT.length, kind: i === 0 ? ('crc32' as const) : ('cksum' as const) },
  }));
  const most = { items: 10, weight: 2 * CONTENT.length };
  const all: unknown[] = [];
  for await (const [{ path }, sum] of checksumsOf(reading(reads), node, files, { signal: stop.signal, most }))
    all.push([path, sum]);
  assert.deepEqual(all, [['f0', 'crc32 of f0'], ...[1, 2, 3, 4].map((i) => [`f${i}`, `cksum of f${i}`])]);
  assert(Math.max(...reads) <= most.weight);
  reads.length = 0;
  await assert.rejects(async () => {
    for await (const _ of checksumsOf(reading(reads), node, files, { signal: stop.signal, most }))
      stop.abort();
  });
  assert.deepEqual(reads, [CONTENT.length]);
});

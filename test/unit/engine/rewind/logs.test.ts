import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ARCHIVE } from '../../../../src/domain/archive/archiving.ts';
import type { Damage, SegmentCheck } from '../../../../src/domain/rewind/log-check.ts';
import { checkedLogs, type Seen } from '../../../../src/engine/rewind/logs.ts';
import type { RewindNode } from '../../../../src/engine/rewind/options.ts';

const AT = new Date('2026-03-01T14:00:00Z');
const FIRST = AT.getTime() - 60_000;
const PLACE = {
  ...{ first: String(FIRST), startedAt: new Date(FIRST).toISOString() },
  endedAt: new Date(FIRST).toISOString(),
};
const WHOLE: SegmentCheck = { kind: 'whole', mutations: 1, bytes: 5 };
const TORN: Damage = { kind: 'damaged', at: 99, why: 'it is torn', torn: true };

/** Of a node with one segment in the archive, and one that is or was written; what was read, and what was warned of. */
function logs(last: () => SegmentCheck) {
  const seen: Seen = new Map();
  const [read, warned]: [string[], string[]] = [[], []];
  const file = (n: number, directory: string) => ({
    ...{ name: `s${n}`, id: BigInt(FIRST + n), path: `${directory}/s${n}`, bytes: 10 },
    modifiedAt: AT.getTime() + n,
  });
  const volume = {
    segments: async () => [file(0, ARCHIVE), file(1, 'commitlog')],
    stopped: async () => null,
    checkSegment: async ({ name }: { readonly name: string }) => {
      read.push(name);
      return name === 's1' ? last() : WHOLE;
    },
  };
  const nodes = [{ node: { name: 'n' }, volume, journal: null }] as unknown as readonly RewindNode[];
  const report = { count() {}, note() {} };
  const progress = {
    step: <T>(_: string, work: (r: typeof report) => Promise<T>) => work(report),
    warn: (text: string) => void warned.push(text),
  };
  const facts = { base: { tag: 'b', on: new Map([['n', PLACE]]) }, target: AT, seen };
  const { signal } = new AbortController();
  const look = (from: 'running' | 'live' | 'aside') =>
    checkedLogs({ progress } as never, nodes, from, facts, { signal });
  return { look, read, warned };
}

test('a half-written end is said once, and not of what a node is writing', async () => {
  const { look, read, warned } = logs(() => TORN);
  await look('running');
  assert.deepEqual(warned, []);
  await look('live');
  await look('aside');
  assert.deepEqual(read, ['s0', 's1', 's1']);
  assert.equal(warned.length, 1);
  assert.match(warned[0] ?? '', /^n: s1 is damaged at byte 99 \(it is torn\)/);
});

test('what was being written is read again when the node is stopped, and then has to be right', async () => {
  const { look } = logs(() => ({ ...TORN, torn: false }));
  assert.equal((await look('running')).get('n')?.end, null);
  assert.match((await look('live')).get('n')?.end?.why ?? '', /s1 is damaged at byte 99/);
  const first = logs(() => ({ ...TORN, at: 0, torn: false }));
  const found = await first.look('running');
  assert.match(found.get('n')?.end?.why ?? '', /s1 is damaged at byte 0/);
});

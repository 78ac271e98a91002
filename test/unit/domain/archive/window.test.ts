import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../../../src/domain/archive/segments.ts';
import { archivingOf, type NodeLog, rangesOf, windowOf } from '../../../../src/domain/archive/window.ts';

const START = Date.parse('2026-03-01T02:00:00.000Z');
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString().replace('.000Z', 'Z');
const segment = (n: number, seconds: number): Segment => ({
  ...{ name: `CommitLog-7-${START + n}.log`, id: BigInt(START + n), bytes: 100 },
  modifiedAt: START + seconds * 1000,
});
const base = (first: number, seconds: number) => ({
  ...{ first: String(START + first), startedAt: at(seconds - 1), endedAt: at(seconds).replace('Z', '.400Z') },
});
const log = (node: string, more: Partial<NodeLog> = {}): NodeLog => ({
  ...{ node, datacenter: 'd', archived: [segment(1, 100), segment(2, 200)], live: [segment(3, 290)] },
  ...{ stopped: null, freeBytes: 50, totalBytes: 100, writesAt: START + 300_900, ...more },
});
const TAG = 'kassette-20260301T020100Z-1a2b';
const on = new Map([
  ['a', base(1, 60)],
  ['b', base(2, 62)],
]);

test('from the second in which the last snapshot was whole until now, as far as all nodes reach', () => {
  const both = windowOf({ tag: TAG, on }, [log('a'), log('b', { writesAt: START + 299_000 })]);
  assert.deepEqual([both.from, both.until], [at(63), at(299)]);
  assert.deepEqual(
    both.nodes.map((n) => [n.node, n.from, n.until, n.segments, n.bytes]),
    [
      ['a', at(61), at(300), 3, 300],
      ['b', at(63), at(299), 2, 200],
    ],
  );
});

test('a node that does not run has what it has written, one whose log cannot be seen what is archived', () => {
  const until = (more: Partial<NodeLog>) => windowOf({ tag: TAG, on }, [log('a', more)]).until;
  assert.equal(until({ writesAt: null }), at(290));
  assert.equal(until({ live: null }), at(200));
});

test('a gap ends the window of its node and of all', () => {
  const [, second] = log('b').archived;
  const broken = log('b', { live: [segment(4, 290)], archived: second === undefined ? [] : [second] });
  const { from, until, nodes } = windowOf({ tag: TAG, on }, [log('a'), broken]);
  assert.deepEqual([from, until], [at(63), at(200)]);
  assert.equal(nodes[1]?.gaps.length, 1);
});

test('an archive that has stopped ends the window, whether or not the node was started since', () => {
  const stopped = `${START / 1000 + 210} CommitLog-7-${START + 3}.log less than 10 % of the volume is free\n`;
  const started = {
    name: 'CommitLog-7-1.log',
    id: BigInt(START + 250_000),
    bytes: 100,
    modifiedAt: START + 280_000,
  };
  for (const live of [[segment(3, 290)], [started], [], null])
    for (const text of [stopped, ''])
      assert.equal(windowOf({ tag: TAG, on }, [log('a', { live, stopped: text }), log('b')]).until, at(200));
  const [node] = windowOf({ tag: TAG, on }, [log('a', { live: [started], stopped })]).nodes;
  assert.deepEqual(node?.gaps, [
    { after: segment(2, 0).name, before: started.name, from: START + 200_000, segments: null },
  ]);
  assert.deepEqual(node?.restarts, []);
});

test('no window: a node without the base, without its first segment, or whose log ends before the base', () => {
  const none = (logs: readonly NodeLog[]) => {
    const { from, until } = windowOf({ tag: TAG, on }, logs);
    assert.deepEqual([from, until], [null, null]);
  };
  none([log('a'), log('c')]);
  none([log('a', { archived: [] }), log('b')]);
  none([log('a', { live: null, archived: [segment(1, 30)] })]);
  none([]);
});

test('windows of several bases are one as far as they meet', () => {
  const window = (from: number, until: number) => ({ from: at(from), until: at(until) });
  assert.deepEqual(
    rangesOf([window(100, 300), { from: null, until: null }, window(10, 20), window(15, 40)]),
    [window(10, 40), window(100, 300)],
  );
});

test('whether a node archives shows in what is in its log and in no archive', () => {
  assert.equal(archivingOf(log('a')), 'on');
  assert.equal(archivingOf(log('a', { live: null })), 'on');
  assert.equal(archivingOf(log('a', { stopped: 'x' })), 'stopped');
  assert.equal(archivingOf(log('a', { archived: [] })), 'unproven');
  assert.equal(archivingOf(log('a', { live: [3, 4, 5, 6].map((n) => segment(n, n)) })), 'off');
});

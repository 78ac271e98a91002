import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byId, parseSegmentName, type Segment } from '../../../../src/domain/archive/segments.ts';

test('the id of a segment is that of its name, and only of names that Cassandra takes for segments', () => {
  assert.equal(parseSegmentName('CommitLog-7-1795720842123.log'), 1_795_720_842_123n);
  assert.equal(parseSegmentName('CommitLog-6-9223372036854775807.log'), 9_223_372_036_854_775_807n);
  for (const name of [
    'CommitLog-1795720842123.log',
    'CommitLog-7-9223372036854775808.log',
    'CommitLog-7-1795720842123_cdc.idx',
    'CommitLog-7-1795720842123.log.tmp',
    'CommitLog-7--1.log',
    '../CommitLog-7-1795720842123.log',
    'CommitLog-7-1795720842123.log\n',
    '',
  ])
    assert.equal(parseSegmentName(name), null, JSON.stringify(name));
});

test('segments are ordered as Cassandra replays them: by id as a number, not by name', () => {
  const segment = (name: string): Segment => ({
    name,
    id: parseSegmentName(name) ?? 0n,
    bytes: 1,
    modifiedAt: 0,
  });
  const names = [
    'CommitLog-7-10.log',
    'CommitLog-7-9.log',
    'CommitLog-6-10.log',
    'CommitLog-7-9223372036854775807.log',
  ];
  assert.deepEqual(
    names
      .map(segment)
      .sort(byId)
      .map((s) => s.name),
    ['CommitLog-7-9.log', 'CommitLog-6-10.log', 'CommitLog-7-10.log', 'CommitLog-7-9223372036854775807.log'],
  );
});

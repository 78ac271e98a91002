import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitedWithin } from '../../start-waits.ts';
import { timeLines } from '../../suites.ts';
import { filesOf, ONLY_IN_ALL } from '../../tiers.ts';

test('waits that overlap count once, and only within the span', () => {
  const waits = [
    { from: 150, to: 250 },
    { from: 100, to: 200 },
    { from: 120, to: 130 },
    { from: 290, to: 400 },
    { from: 0, to: 10 },
  ];
  assert.equal(waitedWithin({ from: 50, to: 300 }, waits), 160);
});

test('the time of each file, the longest first; waiting for starts is named above a tenth', () => {
  assert.deepEqual(
    timeLines([
      { file: 'quick.test.ts', milliseconds: 400, waitedMs: 400 },
      { file: 'a.test.ts', milliseconds: 10_000, waitedMs: 1_000 },
      { file: 'b.test.ts', milliseconds: 60_000, waitedMs: 30_000 },
    ]),
    ['   60 s  b.test.ts (50 % waiting for starts)', '   10 s  a.test.ts'],
  );
});

test('each file that only `make test-all` runs is there, and `make test` leaves it out', () => {
  const folders = ['test/cluster/**/*.test.ts', 'test/clusters/**/*.test.ts'];
  const [some, all] = [
    folders.flatMap((f) => filesOf('test', f)),
    folders.flatMap((f) => filesOf('test-all', f)),
  ];
  assert.deepEqual(
    all.filter((file) => !some.includes(file)),
    [...ONLY_IN_ALL],
  );
});

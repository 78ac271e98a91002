import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTarget, restorePoint, secondText, targetOf } from '../../../../src/domain/rewind/target.ts';

const NOW = new Date('2026-03-01T14:10:30.700Z');

for (const [text, expected] of [
  ['2026-03-01T14:02:59Z', '2026-03-01T14:02:59Z'],
  ['2026-03-01t14:02:59z', '2026-03-01T14:02:59Z'],
  ['2026-03-01 14:02:59Z', '2026-03-01T14:02:59Z'],
  ['2026-03-01T15:02:59.999+01:00', '2026-03-01T14:02:59Z'],
  ['10m ago', '2026-03-01T14:00:30Z'],
  ['90s ago', '2026-03-01T14:09:00Z'],
  ['2 hours ago', '2026-03-01T12:10:30Z'],
  ['1 day ago', '2026-02-28T14:10:30Z'],
] as const)
  test(`${text} is ${expected}`, () => {
    const found = parseTarget(text, NOW);
    assert.equal(found === null ? null : secondText(found), expected);
  });

// Without an offset it would be another moment in each place.
for (const text of [
  '',
  'yesterday',
  '10 ago',
  '10y ago',
  '2026-03-01',
  '2026-03-01T14:02:59',
  '2026-13-01T00:00:00Z',
])
  test(`\`${text}\` is no time`, () => {
    assert.equal(parseTarget(text, NOW), null);
    assert.throws(() => targetOf(text, NOW), { code: 'USAGE', message: /is not a time/ });
  });

test('a second that is not over is refused, and the one before it is not', () => {
  assert.throws(() => targetOf('2026-03-01T14:10:30Z', NOW), { code: 'USAGE', message: /not over yet/ });
  assert.throws(() => targetOf('2026-03-02T00:00:00Z', NOW), { code: 'USAGE' });
  assert.equal(secondText(targetOf('2026-03-01T14:10:29Z', NOW)), '2026-03-01T14:10:29Z');
});

test('Cassandra reads it as UTC', () => {
  assert.equal(restorePoint(new Date('2026-03-01T14:02:59Z')), '2026:03:01 14:02:59');
});

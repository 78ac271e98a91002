import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseRewindJournal,
  type RewindJournal,
  refuseWhileRewinding,
  renderRewindJournal,
  type Stage,
} from '../../../../src/domain/rewind/journal.ts';
import { type Asked, planRewinding } from '../../../../src/domain/rewind/next.ts';

const TO = '2026-03-01T14:02:59.000Z';
const OTHER = '2026-03-01T15:00:00.000Z';
const journal = (stage: Stage): RewindJournal => ({
  ...{ version: 1, stage, to: TO, tag: 'kassette-20260301T021500Z-1a2b' },
  ...{ startedAt: TO, rewoundAt: null, earlier: null },
});
const planned = (stages: readonly (Stage | null)[], asked: Asked): string => {
  const journals = new Map(stages.map((s, i) => [`n${i}`, s === null ? null : journal(s)] as const));
  try {
    return planRewinding('dse', journals, asked).kind;
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const REFUSED = 'REWIND_PENDING';

// What stands in two volumes, and what comes of --to that second, --to another one, --undo, --accept.
const TABLE: readonly (readonly [Stage | null, Stage | null, string, string, string, string])[] = [
  [null, null, 'begin', 'begin', 'nothing', 'nothing'],
  ['begun', null, 'begin', 'begin', 'undo', REFUSED],
  ['begun', 'begun', 'begin', 'begin', 'undo', REFUSED],
  ['setting-aside', 'begun', 'continue', REFUSED, 'undo', REFUSED],
  ['running', 'rewound', 'continue', REFUSED, 'undo', 'accept'],
  ['running', 'running', 'continue', REFUSED, 'undo', 'accept'],
  ['running', 'clearing', REFUSED, REFUSED, 'undo', REFUSED],
  ['setting-aside', null, 'continue', REFUSED, 'undo', REFUSED],
  ['replaying', null, 'continue', REFUSED, 'undo', REFUSED],
  ['replaying', 'setting-aside', 'continue', REFUSED, 'undo', REFUSED],
  ['replaying', 'rewound', 'continue', REFUSED, 'undo', REFUSED],
  ['rewound', 'rewound', 'continue', REFUSED, 'undo', 'accept'],
  ['rewound', null, 'continue', REFUSED, 'undo', REFUSED],
  ['rewound', 'clearing', REFUSED, REFUSED, 'undo', REFUSED],
  ['clearing', 'putting-back', REFUSED, REFUSED, 'undo', REFUSED],
  ['put-back', 'put-back', REFUSED, REFUSED, 'undo', REFUSED],
  ['put-back', null, REFUSED, REFUSED, 'undo', REFUSED],
  ['accepted', 'rewound', REFUSED, REFUSED, REFUSED, 'accept'],
  ['accepted', null, REFUSED, REFUSED, REFUSED, 'accept'],
];
for (const [a, b, same, other, undo, accept] of TABLE)
  test(`with ${a} and ${b} in two volumes`, () => {
    assert.deepEqual(
      [
        planned([a, b], { kind: 'rewind', to: TO }),
        planned([a, b], { kind: 'rewind', to: OTHER }),
        planned([a, b], { kind: 'undo' }),
        planned([a, b], { kind: 'accept' }),
      ],
      [same, other, undo, accept],
    );
  });

test('a cold restore is refused from before the first node is stopped until all were started', () => {
  const refused = (stage: Stage) => {
    try {
      refuseWhileRewinding('v', renderRewindJournal(journal(stage)));
      return false;
    } catch {
      return true;
    }
  };
  const stages = [
    'begun',
    'setting-aside',
    'replaying',
    'rewound',
    'running',
    'clearing',
    'putting-back',
    'put-back',
    'accepted',
  ] as const;
  assert.deepEqual(stages.filter(refused), [
    'begun',
    'setting-aside',
    'replaying',
    'rewound',
    'clearing',
    'putting-back',
    'put-back',
  ]);
  refuseWhileRewinding('v', null);
});

test('a journal is what was written, and one that cannot be read is not taken for none', () => {
  assert.deepEqual(parseRewindJournal('v', renderRewindJournal(journal('replaying'))), journal('replaying'));
  assert.equal(parseRewindJournal('v', null), null);
  for (const text of ['', '{}', 'null', '{"version":1,"stage":"other"}'])
    assert.throws(() => parseRewindJournal('v', text), { code: 'MANIFEST_DAMAGED' });
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inTestAll } from '../tiers.ts';
import { failureText, plansOf, play, type Rounds, roundsAskedFor } from './play.ts';
import { RealGround } from './real/ground.ts';
import { PARTS } from './real/schema.ts';

const FILE = 'test/oracle/real.test.ts';
/** Short ones: a node that missed lightweight transactions and stray files; copies that are restored offline, killed. */
const FIXED: Rounds = { kind: 'seeds', seeds: [289, 2424] };
const MINUTES = 6;
const LIMIT_MS = 180 * 60_000;

test('whatever comes over a real cluster, a restore gives the database of the backup', {
  timeout: LIMIT_MS,
}, async (t: TestContext) => {
  const ground = new RealGround();
  const inTier = inTestAll
    ? ({ kind: 'minutes', minutes: MINUTES, firstSeed: Date.now() % 1_000_000 } as const)
    : FIXED;
  try {
    const rounds = roundsAskedFor() ?? inTier;
    const { statistics, failures } = await play(ground, plansOf(rounds, PARTS), {
      failed: () => ground.end(),
    });
    for (const line of statistics.lines()) t.diagnostic(line);
    assert.equal(
      failures.length,
      0,
      `${failures.length} failed\n${failures.map((f) => failureText(f, FILE)).join('\n')}`,
    );
  } finally {
    await ground.end();
  }
});

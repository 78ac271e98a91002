import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { failureText, plansOf, play, type Rounds, roundsAskedFor } from './play.ts';
import { SimulatedGround } from './simulated/ground.ts';

const FILE = 'test/oracle/simulated.test.ts';
const PARTS = ['shapes.one', 'Order.two', 'altered.three', 'deletions.four'];
/** Seeds that each run plays, so that what they find is found again. */
const FIXED: Rounds = { kind: 'seeds', seeds: Array.from({ length: 150 }, (_, i) => i + 1) };

test('whatever comes over a simulated cluster, a restore gives the database of the backup', async (t: TestContext) => {
  const ground = new SimulatedGround();
  const rounds = roundsAskedFor() ?? FIXED;
  const { statistics, failures } = await play(ground, plansOf(rounds, PARTS), { isQuiet: true });
  ground.end();
  for (const line of statistics.lines()) t.diagnostic(line);
  assert.equal(
    failures.length,
    0,
    `${failures.length} failed\n${failures
      .slice(0, 3)
      .map((f) => failureText(f, FILE))
      .join('\n')}`,
  );
});

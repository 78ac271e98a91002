import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inTestAll } from '../tiers.ts';
import type { Plan } from './plan.ts';
import { failureText, plansOf, play, type Rounds, roundsAskedFor } from './play.ts';
import { PARTS } from './real/schema.ts';
import { shortened } from './shorten.ts';
import { SimulatedGround } from './simulated/ground.ts';

const FILE = 'test/oracle/simulated.test.ts';
/** Always the same ones. */
const ROUNDS = inTestAll ? 200 : 30;
const FIXED: Rounds = { kind: 'seeds', seeds: Array.from({ length: ROUNDS }, (_, i) => i + 1) };

test('whatever comes over a simulated cluster, a restore gives the database of the backup', async (t: TestContext) => {
  const ground = new SimulatedGround();
  t.after(() => ground.end());
  const playQuietly = (plans: Iterable<Plan>) => play(ground, plans, { isQuiet: true });
  const { statistics, failures } = await playQuietly(plansOf(roundsAskedFor() ?? FIXED, PARTS));
  for (const line of statistics.lines()) t.diagnostic(line);
  const [first] = failures;
  if (first === undefined) return;
  const fails = async (plan: Plan) => (await playQuietly([plan])).failures.length > 0;
  const short = (await playQuietly([await shortened(first.plan, fails)])).failures.at(0) ?? first;
  const seeds = failures.map((f) => f.plan.seed).join(', ');
  assert.fail(
    `${failures.length} failed, seeds ${seeds}; the first one, shortened:\n${failureText(short, FILE)}`,
  );
});

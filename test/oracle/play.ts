import { readFileSync } from 'node:fs';
import { drawPlan } from './draw.ts';
import type { Ground } from './ground.ts';
import { describePlan, type Plan } from './plan.ts';
import { Finding, playRound } from './round.ts';
import { Statistics } from './statistics.ts';

/** Which rounds are played: those of some seeds, one plan, or as many as come to their end in a time. */
export type Rounds =
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  | { readonly kind: 'seeds'; readonly seeds: readonly number[] }
  | { readonly kind: 'minutes'; readonly minutes: number; readonly firstSeed: number };

/** What somebody asks for: ORACLE_SEED=7 or 7,8; ORACLE_PLAN=file; ORACLE_MINUTES=60 from ORACLE_FIRST_SEED on, else from a random one. */
export function roundsAskedFor(): Rounds | null {
  const {
    ORACLE_SEED: seeds,
    ORACLE_PLAN: file,
    ORACLE_MINUTES: minutes,
    ORACLE_FIRST_SEED: first,
  } = process.env;
  if (file) return { kind: 'plans', plans: [JSON.parse(readFileSync(file, 'utf8')) as Plan] };
  if (seeds) return { kind: 'seeds', seeds: seeds.split(',').map(Number) };
  if (!minutes) return null;
  return { kind: 'minutes', minutes: Number(minutes), firstSeed: Number(first || Date.now() % 1_000_000) };
}

export interface Failure {
  readonly plan: Plan;
  readonly what: string;
}

export interface Played {
  readonly statistics: Statistics;
  readonly failures: readonly Failure[];
}

/**
 * Play rounds; each is printed before it begins.
 * @param failed called when a round has failed, so that the next one gets another cluster
 */
export async function play(
  ground: Ground,
  rounds: Iterable<Plan>,
  options: { readonly isQuiet?: boolean; readonly failed?: () => Promise<void> } = {},
): Promise<Played> {
  const statistics = new Statistics();
  const failures: Failure[] = [];
  for (const plan of rounds) {
    if (!options.isQuiet) console.log(`seed ${plan.seed}\n${describePlan(plan)}`);
    const started = performance.now();
    try {
      await playRound(ground, plan, statistics);
      if (!options.isQuiet) console.log(`  passed, ${((performance.now() - started) / 1000).toFixed(0)} s`);
    } catch (error) {
      failures.push({
        plan,
        what: error instanceof Finding ? error.message : String((error as Error).stack),
      });
      if (!options.isQuiet) console.log(`  FAILED: ${failures.at(-1)?.what}`);
      await options.failed?.();
    }
  }
  return { statistics, failures };
}

/** Plans of rounds, drawn when it is their turn. */
export function* plansOf(rounds: Rounds, parts: readonly string[]): Generator<Plan> {
  if (rounds.kind === 'plans') yield* rounds.plans;
  if (rounds.kind === 'seeds') for (const seed of rounds.seeds) yield drawPlan(seed, parts);
  if (rounds.kind !== 'minutes') return;
  const until = Date.now() + rounds.minutes * 60_000;
  for (let seed = rounds.firstSeed; Date.now() < until; seed++) yield drawPlan(seed, parts);
}

/** What is printed of a failure: how to repeat it, and the plan to shorten by hand. */
export function failureText({ plan, what }: Failure, file: string): string {
  return [
    `seed ${plan.seed}: ${what}`,
    describePlan(plan),
    `Again: ORACLE_SEED=${plan.seed} node --test --test-force-exit ${file}`,
    `Shortened by hand: ORACLE_PLAN=plan.json node --test --test-force-exit ${file}, with`,
    JSON.stringify(plan),
  ].join('\n');
}

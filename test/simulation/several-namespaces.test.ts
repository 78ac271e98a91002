import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedLease } from '../../src/adapters/kubernetes/k8ssandra/joined-lease.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { withLease } from '../../src/engine/cluster/lease.ts';
import { SimulatedLeases } from './ports/leases.ts';
import { type Disturbance, Process } from './runs/process.ts';
import { Schedule, seeded } from './runs/schedule.ts';

// What belongs to one K8ssandraCluster and lies in several namespaces.

const PLACES = ['a', 'b', 'c', 'd'];
const INTERLEAVINGS = 50;

/** Two sets of namespaces that have at least one in common, each in an order of its own. */
function overlapping(random: () => number): readonly [readonly string[], readonly string[]] {
  const some = () => PLACES.filter(() => random() < 0.6).toSorted(() => random() - 0.5);
  for (;;) {
    const [one, other] = [some(), some()];
    if (one.some((n) => other.includes(n))) return [one, other];
  }
}

/** One run that is tried again until it has done its work; how it ended, and how often it was refused. */
interface Run {
  readonly places: readonly string[];
  refusals: number;
  end: 'done' | 'killed' | 'under way';
}

/** Two runs in an order that the seed decides, of which one may be killed at a call. @param order in which leases are taken */
async function play(seed: number, lease: typeof joinedLease) {
  const random = seeded(seed);
  const schedule = new Schedule({ nowMs: 0 }, seed);
  const leases = new SimulatedLeases(schedule);
  const atWork = new Map<string, Process>();
  const met: string[] = [];
  const kill: Disturbance | undefined =
    seed % 3 === 0 ? { fault: 'killed before', at: 1 + Math.floor(random() * 12) } : undefined;
  const start = async (run: Run, disturbance?: Disturbance) => {
    const process = new Process(schedule, () => {}, disturbance);
    const whole = lease(run.places.map((namespace) => ({ namespace, lease: leases.of(namespace, process) })));
    const step = process.port('work', { step: async () => {} });
    const work = async () => {
      for (const place of run.places) {
        const other = atWork.get(place);
        if (other !== undefined && !other.isGone) met.push(place);
        atWork.set(place, process);
      }
      for (let i = 0; i < 4; i++) await step.step();
      for (const place of run.places) atWork.delete(place);
    };
    const tries = async (): Promise<'done'> => {
      for (;;) {
        try {
          await withLease({ lease: whole }, 'test', { signal: process.signal }, work);
          return 'done';
        } catch (error) {
          if (!(error instanceof KassetteError) || error.code !== 'BUSY') throw error;
          run.refusals++;
          await schedule.sleep(process, 20_000 + random() * 20_000);
        }
      }
    };
    run.end = await Promise.race([tries(), process.killed]);
  };
  const runs = overlapping(random).map((places): Run => ({ places, refusals: 0, end: 'under way' }));
  const limit = new Promise<void>((late) => schedule.after({ isGone: false }, 3_600_000, late));
  await Promise.race([Promise.all(runs.map((run, i) => start(run, i === 0 ? kill : undefined))), limit]);
  return { runs, met, kill };
}

test('two runs over namespaces that overlap, in 50 orders: never both at work in one, no deadlock, and one is never refused', async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
    const { runs, met, kill } = await play(seed, joinedLease);
    const told = `seed ${seed}: ${JSON.stringify({ runs, met, kill })}`;
    assert.deepEqual(met, [], told);
    const [first, second] = runs;
    assert.ok(first && second);
    assert.equal(second.end, 'done', told);
    assert.ok(first.end === 'done' || (first.end === 'killed' && kill !== undefined), told);
    if (kill === undefined) assert.ok(first.refusals === 0 || second.refusals === 0, told);
    outcomes.add(`${first.end}, ${first.refusals + second.refusals > 0 ? 'refused' : 'at once'}`);
  }
  // Or the orders would not be such that they show anything.
  assert.deepEqual([...outcomes].toSorted(), [
    'done, at once',
    'done, refused',
    'killed, at once',
    'killed, refused',
  ]);
});

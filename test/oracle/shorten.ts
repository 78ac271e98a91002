import type { Plan } from './plan.ts';

/** Leave out of a plan that fails what its failure does not need. `fails` plays a plan; it is asked for each step, over and over. */
export async function shortened(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  for (const shorter of shorterOnes(plan)) {
    if (await fails(shorter)) return shortened(shorter, fails);
  }
  return plan;
}

/** The plan without one of its steps, for each of them. */
export function* shorterOnes(plan: Plan): Generator<Plan> {
  const { backup, restore, schema } = plan;
  for (const harm of without(plan.harm)) {
    const { copying } = plan;
    const after = copying?.after.map((n) => Math.min(n, harm.length)) ?? [];
    yield { ...plan, harm, copying: copying === null ? null : { ...copying, after } };
  }
  for (const use of without(plan.use)) yield { ...plan, use };
  for (const workload of without(plan.workload)) yield { ...plan, workload };
  for (const kills of without(backup.kills)) yield { ...plan, backup: { ...backup, kills } };
  for (const closing of without(backup.closing)) yield { ...plan, backup: { ...backup, closing } };
  for (const kills of without(restore.kills)) yield { ...plan, restore: { ...restore, kills } };
  if (restore.damage !== null) yield { ...plan, restore: { ...restore, damage: null } };
  for (const parts of without(schema.parts)) {
    const isThere = (action: object) => !('part' in action) || parts.some((p) => p === action.part);
    if (plan.workload.every(isThere) && plan.harm.every(isThere))
      yield { ...plan, schema: { ...schema, parts } };
  }
}

function* without<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let i = list.length - 1; i >= 0; i--) yield list.toSpliced(i, 1);
}

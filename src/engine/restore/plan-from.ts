import { planRestore, type RestorePlan } from '../../domain/restore/restore-plan.ts';
import { checkCreatable } from '../../domain/schema/creatable.ts';
import type { RestoreFacts } from './observe.ts';
import type { PlanOptions } from './options.ts';

/** @throws NOT_CREATABLE where the nodes would refuse a part of it */
export function planFrom(facts: RestoreFacts, options: PlanOptions): RestorePlan {
  const plan = planRestore({
    cluster: facts.cluster.name,
    tag: facts.tag,
    saved: facts.saved,
    live: facts.live,
    sizes: facts.sizes,
    options: { ...options, renewed: facts.renewed },
  });
  checkCreatable(plan.creates, facts.saved, facts.settings);
  return plan;
}

import { planRestore, type RestorePlan } from '../../domain/restore/restore-plan.ts';
import type { RestoreFacts } from './observe.ts';
import type { PlanOptions } from './options.ts';

export function planFrom(facts: RestoreFacts, options: PlanOptions): RestorePlan {
  return planRestore({
    cluster: facts.cluster.name,
    tag: facts.tag,
    saved: facts.saved,
    live: facts.live,
    sizes: facts.sizes,
    rebuilt: facts.rebuilt,
    options: { ...options, renewed: facts.renewed },
  });
}

import type { RestorePlan } from '../../domain/restore-plan.ts';
import type { Ports } from '../../ports/ports.ts';
import { observeRestore } from '../after-restore/observe.ts';
import type { RestoreOptions } from '../after-restore/options.ts';
import { planFrom } from '../after-restore/plan-from.ts';
import { each } from '../each.ts';
import { healthyClusters } from '../observe/clusters.ts';
import { withSessions } from '../observe/sessions.ts';
import { surveyCluster } from '../observe/surveys.ts';

export interface PlanResult {
  readonly plans: readonly RestorePlan[];
}

/** What after-restore would do, after the same checks; changes nothing and takes no lease. */
export async function plan(ports: Ports, options: RestoreOptions): Promise<PlanResult> {
  const clusters = await healthyClusters(ports, options);
  const plans = await withSessions(ports, clusters, (connected) =>
    each(connected, async (c) => {
      const surveys = await surveyCluster(ports, c.cluster, options);
      return planFrom(await observeRestore(ports, c, surveys, options), options);
    }),
  );
  return { plans };
}

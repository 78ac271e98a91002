import { z } from 'zod';
import { isSameLocation } from '../../../domain/k8ssandra/locations.ts';
import type { K8ssandraSpec } from '../../../domain/k8ssandra/members.ts';
import { type RebuildTask, refuseRebuild } from '../../../domain/k8ssandra/restoring.ts';
import { K8SSANDRA } from '../../../domain/rights.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import type { Sites } from './sites.ts';
import { stateOf } from './spec.ts';

const TASKS = { group: 'control.k8ssandra.io', version: 'v1alpha1', plural: 'cassandratasks' } as const;

/** Source: cass-operator's API `control.k8ssandra.io/v1alpha1`. */
const taskList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        datacenter: z.object({ name: z.string().optional() }).default({}),
        jobs: z.array(z.object({ command: z.string() })).default([]),
      }),
      status: z.object({ completionTime: z.unknown().optional() }).default({}),
    }),
  ),
});

/** That no datacenter is rebuilt, or about to be. @throws NOT_READY, NOT_FOUND, FORBIDDEN */
export async function checkRebuilds(sites: Sites): Promise<void> {
  const [state, tasks] = await Promise.all([stateOf(sites.own, sites.spec.name), rebuildTasks(sites)]);
  refuseRebuild(state, tasks);
}

/** Those that have not ended. @throws FORBIDDEN */
export async function rebuildTasks({ spec, all }: Sites): Promise<readonly RebuildTask[]> {
  const tasks = all.map((site) => rebuildsIn(site, spec));
  return (await Promise.all(tasks)).flat();
}

async function rebuildsIn(site: Connection, spec: K8ssandraSpec): Promise<readonly RebuildTask[]> {
  const { objects, namespace, k8sContext, reachedBy } = site;
  try {
    const answer: unknown = await call(K8SSANDRA.tasks, namespace, () =>
      objects.listNamespacedCustomObject({ ...TASKS, namespace }),
    );
    const own = spec.datacenters.filter((d) => isSameLocation(d, site)).map((d) => d.name);
    return taskList
      .parse(answer)
      .items.filter(
        (t) =>
          own.includes(t.spec.datacenter.name ?? '') &&
          t.spec.jobs.some((j) => j.command === 'rebuild') &&
          t.status.completionTime === undefined,
      )
      .map((t) => ({ namespace, k8sContext, reachedBy, name: t.metadata.name }));
  } catch (error) {
    // Releases of cass-operator before 1.12 have no tasks.
    if (statusOf(error) === 404) return [];
    throw error;
  }
}

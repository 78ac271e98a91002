import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import { waitsForReplication } from '../../../domain/k8ssandra/cure.ts';
import type { K8ssandraName } from '../../../domain/k8ssandra/members.ts';
import { lackingOf } from '../../../domain/k8ssandra/order.ts';
import { unknownTo } from '../../../domain/k8ssandra/restoring.ts';
import { renderSaved, savedOf } from '../../../domain/k8ssandra/saved.ts';
import { STOPPING, toGiveBack } from '../../../domain/rights.ts';
import type { ObjectAbove } from '../../../ports/platform/object-above.ts';
import { checkRights } from '../client/access.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { DATACENTERS } from '../client/resources.ts';
import { usedSecrets } from '../client/used-secrets.ts';
import { checkKeeping, keepObject, keepSuperuser, type Part } from './keep.ts';
import { orderFacts } from './order-facts.ts';
import { rebuildTasks } from './rebuilds.ts';
import { waitingForRoles } from './roles.ts';
import { type Sites, siteAt } from './sites.ts';
import { K8SSANDRA_CLUSTERS, objectOf, stateIn, stateOf } from './spec.ts';

/** Changed so that the operators look at an object again. */
const TOUCHED = 'kassette/touched';
/** The status changes while the operator works. */
const ATTEMPTS = 20;

/** What is read of the object to be kept. */
const whole = z.object({
  metadata: z.object({
    ...{ name: z.string(), namespace: z.string() },
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.record(z.string(), z.unknown()),
  status: z.unknown(),
});

const version = z.object({ metadata: z.object({ resourceVersion: z.string().optional() }) });

/** A K8ssandraCluster that is there. */
export function objectAbove(
  sites: Sites,
  parts: readonly Part[],
  againAfterMs?: readonly number[],
): ObjectAbove {
  const { own: connection, spec } = sites;
  return {
    async read() {
      await checkKeeping(sites, parts, againAfterMs);
      const secrets = parts.map(({ namespace, k8sContext, found }) => ({
        ...{ namespace, ...(k8sContext === undefined ? {} : { k8sContext }) },
        names: [...usedSecrets([...found.values()])],
      }));
      const object = whole.parse(await objectOf(connection, spec.name));
      return renderSaved(savedOf(object, spec.clusterName, secrets));
    },
    async keep(tag, text) {
      await keepSuperuser(sites, parts, tag);
      await keepObject(sites, tag, text);
    },
    async now() {
      const [state, tasks, roles] = await Promise.all([
        stateOf(connection, spec.name),
        rebuildTasks(sites),
        waitingForRoles(sites, parts),
      ]);
      return { state, tasks, stuck: { replication: waitsForReplication(state), roles } };
    },
    async giveBack(lacking, datacenters) {
      await checkRights(connection, toGiveBack(spec.name), againAfterMs);
      const waiting = sites.all.filter((site) => siteAt(datacenters, site) !== undefined);
      for (const site of waiting) await checkRights(site, Object.values(STOPPING), againAfterMs);
      const written = await writeStatus(connection, spec, lacking);
      await touch(connection, spec.name);
      for (const datacenter of datacenters) {
        const site = siteAt(sites.all, datacenter);
        if (site !== undefined) await touchDatacenter(site, datacenter.name);
      }
      return written;
    },
    async lacking() {
      const state = await stateOf(connection, spec.name);
      return lackingOf(await orderFacts(sites, { object: true, unknown: unknownTo(state) }));
    },
  };
}

/** Exactly what was looked at: where it is another one by then, it is looked at once more. */
async function writeStatus(
  connection: Connection,
  { name }: K8ssandraName,
  lacking: Parameters<ObjectAbove['giveBack']>[0],
): Promise<readonly string[]> {
  const { objects, namespace } = connection;
  const [right] = toGiveBack(name);
  for (let attempt = 1; right !== undefined; attempt++) {
    const object = await objectOf(connection, name);
    const status = lacking(stateIn(object));
    if (status === null) return [];
    const { resourceVersion } = version.parse(object).metadata;
    const body = { metadata: { resourceVersion }, status };
    try {
      await call(right, namespace, () =>
        objects.patchNamespacedCustomObjectStatus({ ...K8SSANDRA_CLUSTERS, namespace, name, body }, merge()),
      );
      return Object.keys(status.datacenters);
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
  return [];
}

async function touch({ objects, namespace }: Connection, name: string): Promise<void> {
  const [, right] = toGiveBack(name);
  const body = touched();
  if (right === undefined) return;
  await call(right, namespace, () =>
    objects.patchNamespacedCustomObject({ ...K8SSANDRA_CLUSTERS, namespace, name, body }, merge()),
  );
}

/** cass-operator waits longer and longer between its attempts. */
async function touchDatacenter({ objects, namespace }: Connection, name: string): Promise<void> {
  const body = touched();
  await call(STOPPING.stop, namespace, () =>
    objects.patchNamespacedCustomObject({ ...DATACENTERS, namespace, name, body }, merge()),
  );
}

const touched = () => ({ metadata: { annotations: { [TOUCHED]: new Date().toISOString() } } });
const merge = () => setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

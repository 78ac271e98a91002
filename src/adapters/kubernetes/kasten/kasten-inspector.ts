import { z } from 'zod';
import type { KastenFacts, Look } from '../../../domain/doctor/facts.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { DIAGNOSE, READ, type Right } from '../../../domain/rights.ts';
import type { KastenInspector } from '../../../ports/platform/kasten-inspector.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { cassandraDatacenter } from '../client/resources.ts';
import { admissionOfHook, admissionsOfJobs, proxiesOf } from './admissions.ts';
import * as kasten from './kasten-resources.ts';
import { networkPolicy } from './network-policies.ts';
import { accountOf, imageOf, missingRights } from './places.ts';

/** Kasten's objects around one namespace, and the places where hooks run. */
export function kastenInspector(connection: Connection): KastenInspector {
  const { namespace } = connection;
  const policiesIn = (where: string) =>
    listOf(connection, DIAGNOSE.own.networkPolicies, where, networkPolicy);
  return {
    namespace,
    async look(kastenNamespace): Promise<KastenFacts> {
      const { policies, bindings, blueprints } = DIAGNOSE.kasten;
      const { restorePoints, restoreActions } = DIAGNOSE.datacenters;
      const list = <T>(right: Right, where: string, schema: z.ZodType<T>) =>
        look(right, where, () => listOf(connection, right, where, schema));
      const [p, b, l, d, points, own, elsewhere] = await Promise.all([
        list(policies, kastenNamespace, kasten.policy),
        list(bindings, kastenNamespace, kasten.binding),
        list(blueprints, kastenNamespace, kasten.blueprint),
        list(READ.datacenters, namespace, boundDatacenter),
        list(restorePoints, namespace, kasten.restorePoint),
        list(restoreActions, namespace, kasten.restore),
        list(DIAGNOSE.kasten.restoreActions, kastenNamespace, kasten.restore),
      ]);
      const restores = together(own, elsewhere, ({ target }) => target === namespace);
      return { policies: p, bindings: b, blueprints: l, datacenters: d, restorePoints: points, restores };
    },
    async examine(place) {
      const { accounts, pods, podsTry, networkPolicies } = DIAGNOSE.own;
      const { reviews } = DIAGNOSE.datacenters;
      const [account, missing, image, admission, policies] = await Promise.all([
        look(accounts, place.namespace, () => accountOf(connection, place)),
        look(reviews, namespace, () => missingRights(connection, place)),
        look(pods, place.namespace, () => imageOf(connection, place)),
        look(podsTry, place.namespace, () => admissionOfHook(connection, place)),
        look(networkPolicies, place.namespace, () => policiesIn(place.namespace)),
      ]);
      return { place, account, missing, image, admission, policies };
    },
    async surroundings(settings, image) {
      const { podsTry, networkPolicies } = DIAGNOSE.datacenters;
      const [jobs, proxies, policies] = await Promise.all([
        look(podsTry, namespace, () => admissionsOfJobs(connection, settings, image)),
        look(READ.pods, namespace, () => proxiesOf(connection)),
        look(networkPolicies, namespace, () => policiesIn(namespace)),
      ]);
      return { jobs, proxies, policies };
    },
  };
}

const boundDatacenter = cassandraDatacenter
  .extend({
    metadata: cassandraDatacenter.shape.metadata.extend({
      annotations: z.record(z.string(), z.string()).default({}),
    }),
  })
  .transform(({ metadata: { name, labels, annotations } }) => ({ name, labels, annotations }));

/** Both lists; of the second one, where it may be seen, only what is of interest. */
function together<T>(first: Look<readonly T[]>, second: Look<readonly T[]>, isOurs: (item: T) => boolean) {
  if (!('value' in first) || !('value' in second)) return first;
  return { value: [...first.value, ...second.value.filter(isOurs)] };
}

/** The answer, or in words why there is none; an API server that is away is a failure all the same. */
async function look<T>(right: Right, namespace: string, work: () => Promise<T>): Promise<Look<T>> {
  try {
    return { value: await call(right, namespace, work) };
  } catch (error) {
    if (statusOf(error) === 404) {
      const unknown = `This Kubernetes cluster does not serve ${right.resource}.${right.group}.`;
      return { unknown, unserved: true };
    }
    if (error instanceof KassetteError && error.code === 'FORBIDDEN') return { unknown: error.message };
    if (error instanceof z.ZodError) {
      const where = error.issues[0]?.path.join('.');
      return {
        unknown: `One of the ${right.resource} in ${namespace} has a form that doctor cannot read (${where}).`,
      };
    }
    throw error;
  }
}

/** Those of Kasten and Kanister are all of one. */
const VERSIONS: Readonly<Record<string, string>> = {
  'cassandra.datastax.com': 'v1beta1',
  'networking.k8s.io': 'v1',
};

async function listOf<T>(
  { objects }: Connection,
  { group, resource }: Right,
  namespace: string,
  schema: z.ZodType<T>,
): Promise<readonly T[]> {
  const version = VERSIONS[group] ?? 'v1alpha1';
  const answer: unknown = await objects.listNamespacedCustomObject({
    ...{ group, version, namespace },
    plural: resource,
  });
  return z.object({ items: z.array(schema) }).parse(answer).items;
}

import { isDeepStrictEqual } from 'node:util';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette, kubectl } from '../../domain/hint.ts';
import { ARCHIVING, toPutFiles } from '../../domain/rights.ts';
import { checkRights } from './client/access.ts';
import { applyConfigMap } from './client/apply.ts';
import { call, statusOf } from './client/calls.ts';
import type { Connection } from './client/connection.ts';
import { DATACENTERS } from './client/resources.ts';
import { COLD_ANNOTATIONS } from './datacenters/cold-mark.ts';
import { refuseOtherServers } from './datacenters/datacenters.ts';
import { kubernetesLease } from './datacenters/lease.ts';
import { againIfChanged } from './datacenters/patch.ts';
import { K8SSANDRA_LABELS } from './k8ssandra/spec.ts';

/** What switching comes to. */
export interface Switch {
  readonly datacenter: string;
  /** The files, as a ConfigMap; null where none are to be there. */
  readonly files: { readonly metadata: { readonly name: string } } | null;
  /** Of the datacenter's own `podTemplateSpec` what it is to be. */
  readonly template: (own: unknown) => unknown;
}

/** No role that kassette prints has these rights. */
const WITHOUT =
  'Nothing was changed. Ask for these rights; or have somebody who has them apply what the same command prints without `--apply`.';

const datacenterObject = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.object({ serverType: z.string().default('cassandra'), podTemplateSpec: z.unknown().optional() }),
});
type DatacenterObject = z.infer<typeof datacenterObject>;

/**
 * Change the datacenter, its files first, while no other run is at work. Answers whether the datacenter was changed; cass-operator then restarts
 * its nodes.
 * @throws FORBIDDEN, BUSY, NOT_FOUND; NOT_READY while it is restored cold; UNSUPPORTED_SERVER; USAGE where a K8ssandraCluster says what it is
 */
export async function switchArchiving(
  connection: Connection,
  to: Switch,
  warn: (message: string) => void,
): Promise<boolean> {
  const { datacenter: name, files } = to;
  const putting = files === null ? [] : Object.values(toPutFiles(files.metadata.name));
  await checkRights(connection, [...Object.values(ARCHIVING), ...putting]).catch((error: unknown) => {
    throw error instanceof KassetteError ? new KassetteError(error.code, error.message, WITHOUT) : error;
  });
  checkMayChange(name, await read(connection, name));
  const held = await kubernetesLease(connection, warn).acquire('archive');
  try {
    checkMayChange(name, await read(connection, name));
    await held.confirm();
    if (files !== null) await applyConfigMap(connection, toPutFiles(files.metadata.name).keep, files);
    return await change(connection, to, held.confirm);
  } finally {
    await held.release();
  }
}

async function change(
  connection: Connection,
  { datacenter: name, template }: Switch,
  confirm: () => Promise<void>,
): Promise<boolean> {
  const { objects, namespace } = connection;
  const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  return againIfChanged(async (attempt) => {
    const object = await read(connection, name);
    checkMayChange(name, object);
    await confirm();
    const { podTemplateSpec: own } = object.spec;
    const podTemplateSpec = template(own);
    if (isDeepStrictEqual(podTemplateSpec, own ?? null)) return attempt > 1;
    const { resourceVersion } = object.metadata;
    const body = { metadata: { resourceVersion }, spec: { podTemplateSpec } };
    await call(ARCHIVING.change, namespace, () =>
      objects.patchNamespacedCustomObject({ ...DATACENTERS, namespace, name, body }, merging),
    );
    return true;
  });
}

async function read({ objects, namespace }: Connection, name: string): Promise<DatacenterObject> {
  const object: unknown = await call(ARCHIVING.read, namespace, () =>
    objects.getNamespacedCustomObject({ ...DATACENTERS, namespace, name }),
  ).catch((error: unknown) => {
    throw statusOf(error) === 404 ? notThere(name, namespace) : error;
  });
  return datacenterObject.parse(object);
}

function checkMayChange(name: string, { metadata, spec }: DatacenterObject): void {
  refuseOtherServers(name, spec.serverType);
  const above = metadata.labels[K8SSANDRA_LABELS.name];
  if (above !== undefined) throw ofAbove(name, above);
  if (COLD_ANNOTATIONS.some((a) => metadata.annotations[a] !== undefined)) throw restored(name);
}

function notThere(name: string, namespace: string): KassetteError {
  return new KassetteError(
    'NOT_FOUND',
    `There is no CassandraDatacenter ${name} in ${namespace}.`,
    hint`Nothing was changed. Look for it with ${kubectl('get', 'cassandradatacenters', '--all-namespaces')}.`,
  );
}

/** Another generation of the object than the one that its volumes are restored for has them restored once more. */
function restored(name: string): KassetteError {
  return new KassetteError(
    'NOT_READY',
    `The volumes of CassandraDatacenter ${name} are restored cold: until that has ended, its object must not change.`,
    hint`Nothing was changed. Run ${kassette('recover')}, which continues; then run the command again.`,
  );
}

/** What is changed in its datacenter k8ssandra-operator takes back. */
function ofAbove(name: string, above: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `K8ssandraCluster ${above} says what CassandraDatacenter ${name} is: its operator would take back what is changed there.`,
    'Nothing was changed. Run the same command without `--apply`, apply the ConfigMap that it prints, and put the annotation, the mounts and the volume into the K8ssandraCluster, where it says what this datacenter is: metadata.pods, containers and extraVolumes.volumes of spec.cassandra.datacenters[]. Beside the other datacenters there is no such ConfigMap.',
  );
}

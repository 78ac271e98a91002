import { isDeepStrictEqual } from 'node:util';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kubectl } from '../../domain/hint.ts';
import { ARCHIVING } from '../../domain/rights.ts';
import { checkRights } from './client/access.ts';
import { call, statusOf } from './client/calls.ts';
import type { Connection } from './client/connection.ts';
import { DATACENTERS } from './client/resources.ts';
import { K8SSANDRA_LABELS } from './k8ssandra/spec.ts';

/** What switching comes to. */
export interface Switch {
  readonly datacenter: string;
  /** The files, as a ConfigMap; null where none are to be there. */
  readonly files: { readonly metadata: { readonly name: string } } | null;
  /** Of the datacenter's own `podTemplateSpec` what it is to be. */
  readonly template: (own: unknown) => unknown;
}

const ATTEMPTS = 20;
const APPLY = { fieldManager: 'kassette', force: true } as const;

/** No role that kassette prints has these rights. */
const WITHOUT =
  'Nothing was changed. Ask for these rights; or have somebody who has them apply what the same command prints without `--apply`.';

const datacenterObject = z.object({
  metadata: z.object({ resourceVersion: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ podTemplateSpec: z.unknown().optional() }),
});

/**
 * Change the datacenter, its files first. Answers whether the datacenter was changed; cass-operator then restarts its nodes.
 * @throws FORBIDDEN, NOT_FOUND; USAGE where a K8ssandraCluster says what it is
 */
export async function switchArchiving(
  connection: Connection,
  { datacenter: name, files, template }: Switch,
): Promise<boolean> {
  const { read: reading, change, ...putting } = ARCHIVING;
  const needed = [reading, change, ...(files === null ? [] : Object.values(putting))];
  await checkRights(connection, needed).catch((error: unknown) => {
    throw error instanceof KassetteError ? new KassetteError(error.code, error.message, WITHOUT) : error;
  });
  const { core, objects, namespace } = connection;
  const applying = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
  const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  for (let attempt = 1; ; attempt++) {
    const { metadata, spec } = await read(connection, name);
    if (attempt === 1 && files !== null) {
      const query = { name: files.metadata.name, namespace, body: files, ...APPLY };
      await call(ARCHIVING.files, namespace, () => core.patchNamespacedConfigMap(query, applying));
    }
    const { resourceVersion } = metadata;
    const podTemplateSpec = template(spec.podTemplateSpec);
    if (isDeepStrictEqual(podTemplateSpec, spec.podTemplateSpec ?? null)) return attempt > 1;
    const body = { metadata: { resourceVersion }, spec: { podTemplateSpec } };
    try {
      await call(ARCHIVING.change, namespace, () =>
        objects.patchNamespacedCustomObject({ ...DATACENTERS, namespace, name, body }, merging),
      );
      return true;
    } catch (error) {
      // Its status changes all the time while its pods come and go.
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}

async function read({ objects, namespace }: Pick<Connection, 'objects' | 'namespace'>, name: string) {
  const object: unknown = await call(ARCHIVING.read, namespace, () =>
    objects.getNamespacedCustomObject({ ...DATACENTERS, namespace, name }),
  ).catch((error: unknown) => {
    throw statusOf(error) === 404 ? notThere(name, namespace) : error;
  });
  const datacenter = datacenterObject.parse(object);
  const above = datacenter.metadata.labels[K8SSANDRA_LABELS.name];
  if (above !== undefined) throw ofAbove(name, above);
  return datacenter;
}

function notThere(name: string, namespace: string): KassetteError {
  return new KassetteError(
    'NOT_FOUND',
    `There is no CassandraDatacenter ${name} in ${namespace}.`,
    hint`Nothing was changed. Look for it with ${kubectl('get', 'cassandradatacenters', '--all-namespaces')}.`,
  );
}

/** What is changed in its datacenter k8ssandra-operator takes back. */
function ofAbove(name: string, above: string): KassetteError {
  return new KassetteError(
    'USAGE',
    `K8ssandraCluster ${above} says what CassandraDatacenter ${name} is: its operator would take back what is changed there.`,
    'Nothing was changed. Run the same command without `--apply`, apply the ConfigMap that it prints, and put the mounts and the volume into the K8ssandraCluster: spec.cassandra.containers and spec.cassandra.extraVolumes.',
  );
}

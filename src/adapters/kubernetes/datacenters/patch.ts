import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { hint, kubectl } from '../../../domain/hint.ts';
import type { Asked } from '../../../domain/restore-state/asked.ts';
import { STOPPING } from '../../../domain/rights.ts';
import type { Confirm } from '../../../ports/platform/recovery.ts';
import { call, statusOf } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { type CassandraDatacenter, cassandraDatacenter, DATACENTERS } from '../client/resources.ts';
import { askedOf } from './cold-mark.ts';

interface Patch {
  readonly metadata: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly spec: { readonly stopped: boolean };
}

type Reached = Pick<Connection, 'objects' | 'namespace' | 'noted'>;

const ATTEMPTS = 20;

/** Its status changes all the time while its pods come and go: what was made of an older version of it is made again. */
export async function againIfChanged<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}

/** @throws NOT_FOUND where it is gone, or about to be */
export async function readDatacenter(
  { objects, namespace, noted = async (all) => all }: Reached,
  name: string,
): Promise<CassandraDatacenter> {
  try {
    const object: unknown = await call(STOPPING.read, namespace, () =>
      objects.getNamespacedCustomObject({ ...DATACENTERS, namespace, name }),
    );
    const [datacenter] = await noted([cassandraDatacenter.parse(object)]);
    if (datacenter !== undefined && !datacenter.metadata.deletionTimestamp) return datacenter;
    throw gone(name, 'is being deleted');
  } catch (error) {
    if (statusOf(error) === 404) throw gone(name, 'is gone');
    throw error;
  }
}

/** Change exactly the object that was confirmed: where it is another one by then, that is confirmed once more. */
export async function patchDatacenter(
  connection: Reached,
  name: string,
  confirm: Confirm,
  patchOf: (now: Asked) => Patch,
): Promise<void> {
  const { objects, namespace } = connection;
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  await againIfChanged(async (attempt) => {
    const object = await readDatacenter(connection, name);
    const patch = patchOf(askedOf(object));
    // The answer to an earlier attempt was lost.
    if (attempt > 1 && isAsPatched(object, patch)) return;
    await confirm(askedOf(object));
    const { resourceVersion } = object.metadata;
    const metadata = { ...patch.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const body = { ...patch, metadata };
    await call(STOPPING.stop, namespace, () =>
      objects.patchNamespacedCustomObject({ ...DATACENTERS, namespace, name, body }, merge),
    );
  });
}

function isAsPatched({ metadata, spec }: CassandraDatacenter, patch: Patch): boolean {
  const { annotations } = patch.metadata;
  return (
    spec.stopped === patch.spec.stopped &&
    Object.entries(annotations).every(([key, value]) => (metadata.annotations[key] ?? null) === value)
  );
}

function gone(name: string, how: string): KassetteError {
  return new KassetteError(
    'NOT_FOUND',
    `CassandraDatacenter ${name} ${how}.`,
    hint`Check it with ${kubectl('get', 'cassandradatacenter', name)}. Its volumes can be restored without it: \`clean-volume\`.`,
  );
}

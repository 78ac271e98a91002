import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { type K8ssandraSpec, namespacesOf } from '../../../domain/k8ssandra/members.ts';
import { K8SSANDRA, KEEP_SUPERUSER, KEPT, type Right, toSecret } from '../../../domain/rights.ts';
import { checkRights } from '../client/access.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { superuserSecret } from '../client/resources.ts';
import type { NamespaceAdapters } from '../namespace.ts';

/** What is known of one namespace with datacenters of the object. */
export type Part = Pick<NamespaceAdapters, 'namespace' | 'found' | 'datacenters'>;

const LABELS = { 'app.kubernetes.io/name': 'kassette' };
const APPLY = { fieldManager: 'kassette', force: true } as const;
/** The file in the ConfigMap: the same text as in the volumes. */
const KEY = 'k8ssandra.json';

/** That all may be written which `keepObject` and `keepSuperuser` write. @throws FORBIDDEN */
export async function checkKeeping(
  connection: Connection,
  spec: K8ssandraSpec,
  parts: readonly Part[],
  againAfterMs?: readonly number[],
): Promise<void> {
  const { keepMake, keep } = K8SSANDRA;
  const source = superuserSource(connection, parts);
  const toRead = [toSecret(source.name, "for the superuser's password")];
  const needed = new Map<string, Right[]>();
  const need = (namespace: string, rights: readonly Right[]) =>
    needed.set(namespace, [...(needed.get(namespace) ?? []), ...rights]);
  for (const namespace of placesOf(spec)) need(namespace, [keepMake, keep]);
  need(spec.namespace, Object.values(KEEP_SUPERUSER));
  need(source.namespace, toRead);
  for (const [namespace, rights] of needed)
    await checkRights({ ...connection, namespace, above: spec }, rights, againAfterMs);
}

/** A ConfigMap in the namespace of the object, and in each with a datacenter. */
export async function keepObject(
  { core }: Connection,
  spec: K8ssandraSpec,
  tag: string,
  text: string,
): Promise<void> {
  for (const namespace of placesOf(spec)) {
    const body = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: KEPT.object, namespace, labels: LABELS, annotations: { 'kassette/backup': tag } },
      data: { [KEY]: text },
    };
    await call(K8SSANDRA.keep, namespace, () =>
      core.patchNamespacedConfigMap({ name: KEPT.object, namespace, body, ...APPLY }, applying()),
    );
  }
}

/** A copy without an owner: the operator's own goes with the K8ssandraCluster, and with a new one comes a new password. */
export async function keepSuperuser(
  connection: Connection,
  parts: readonly Part[],
  tag: string,
): Promise<void> {
  const { core, namespace } = connection;
  const source = superuserSource(connection, parts);
  const { data = {}, type = 'Opaque' } = await call(toSecret(source.name), source.namespace, () =>
    core.readNamespacedSecret(source),
  );
  const annotations = { 'kassette/backup': tag, 'kassette/copy-of': source.name };
  const body = {
    ...{ apiVersion: 'v1', kind: 'Secret', type, data },
    metadata: { name: KEPT.superuser, namespace, labels: LABELS, annotations },
  };
  await call(KEEP_SUPERUSER.keep, namespace, () =>
    core.patchNamespacedSecret({ name: KEPT.superuser, namespace, body, ...APPLY }, applying()),
  );
}

/** What was kept last, in the connection's namespace; null where there is nothing, or it may not be read. */
export async function keptObject({ core, namespace }: Connection): Promise<string | null> {
  try {
    const { data } = await core.readNamespacedConfigMap({ name: KEPT.object, namespace });
    return data?.[KEY] ?? null;
  } catch {
    return null;
  }
}

/** All datacenters have the same one. That in the namespace of the object, where a datacenter is there. */
function superuserSource({ namespace: own }: Connection, parts: readonly Part[]) {
  const all = parts.flatMap(({ namespace, found }) =>
    [...found.values()].map((d) => ({ namespace, name: superuserSecret(d) })),
  );
  const source = all.find((s) => s.namespace === own) ?? all[0];
  if (source === undefined) throw new KassetteError('INTERNAL', 'No datacenter was found', 'Report this.');
  return source;
}

function placesOf(spec: K8ssandraSpec): readonly string[] {
  return [...new Set([spec.namespace, ...namespacesOf(spec)])];
}

const applying = () => setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);

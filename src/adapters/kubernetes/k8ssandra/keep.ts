import { KassetteError } from '../../../domain/errors.ts';
import { isSameLocation, type Location } from '../../../domain/k8ssandra/locations.ts';
import { keptNames, type Right, toKeep, toKeepSuperuser, toSecret } from '../../../domain/rights.ts';
import { checkRights } from '../client/access.ts';
import { APPLY, applyConfigMap, applying } from '../client/apply.ts';
import { call } from '../client/calls.ts';
import type { Connection } from '../client/connection.ts';
import { superuserSecret } from '../client/resources.ts';
import type { NamespaceAdapters } from '../namespace.ts';
import { type Sites, siteAt, withOwn } from './sites.ts';

/** What is known of one namespace with datacenters of the object. */
export type Part = Pick<NamespaceAdapters, keyof Location | 'found' | 'datacenters'>;

const LABELS = { 'app.kubernetes.io/name': 'kassette' };
/** The file in the ConfigMap: the same text as in the volumes. */
const KEY = 'k8ssandra.json';

/** That all may be written which `keepObject` and `keepSuperuser` write. @throws FORBIDDEN */
export async function checkKeeping(
  sites: Sites,
  parts: readonly Part[],
  againAfterMs?: readonly number[],
): Promise<void> {
  const { name } = sites.spec;
  const { make, keep } = toKeep(name);
  const source = superuserSource(sites, parts);
  for (const site of withOwn(sites)) {
    const needed: readonly Right[] = [
      ...[make, keep],
      ...(isSameLocation(site, sites.own) ? Object.values(toKeepSuperuser(name)) : []),
      ...(isSameLocation(site, source.site) ? [toSecret(source.name, "for the superuser's password")] : []),
    ];
    await checkRights(site, needed, againAfterMs);
  }
}

/** A ConfigMap in the namespace of the object, and in each with a datacenter. */
export async function keepObject(sites: Sites, tag: string, text: string): Promise<void> {
  const { object: name } = keptNames(sites.spec.name);
  for (const site of withOwn(sites)) {
    const { namespace } = site;
    const body = {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name, namespace, labels: LABELS, annotations: { 'kassette/backup': tag } },
      data: { [KEY]: text },
    };
    await applyConfigMap(site, toKeep(sites.spec.name).keep, body);
  }
}

/** A copy without an owner: the operator's own goes with the K8ssandraCluster, and with a new one comes a new password. */
export async function keepSuperuser(sites: Sites, parts: readonly Part[], tag: string): Promise<void> {
  const { core, namespace } = sites.own;
  const { superuser } = keptNames(sites.spec.name);
  const { site, name } = superuserSource(sites, parts);
  const { data = {}, type = 'Opaque' } = await call(toSecret(name), site.namespace, () =>
    site.core.readNamespacedSecret({ namespace: site.namespace, name }),
  );
  const annotations = { 'kassette/backup': tag, 'kassette/copy-of': name };
  const body = {
    ...{ apiVersion: 'v1', kind: 'Secret', type, data },
    metadata: { name: superuser, namespace, labels: LABELS, annotations },
  };
  await call(toKeepSuperuser(sites.spec.name).keep, namespace, () =>
    core.patchNamespacedSecret({ name: superuser, namespace, body, ...APPLY }, applying()),
  );
}

/** What was kept last in a ConfigMap of the connection's namespace; null where there is nothing, or it may not be read. */
export async function keptText({ core, namespace }: Connection, name: string): Promise<string | null> {
  try {
    const { data } = await core.readNamespacedConfigMap({ name, namespace });
    return data?.[KEY] ?? null;
  } catch {
    return null;
  }
}

/** All datacenters have the same one. That in the namespace of the object, where a datacenter is there. */
function superuserSource({ own, all: sites }: Sites, parts: readonly Part[]) {
  const all = parts.flatMap((part) => {
    const site = siteAt(sites, part);
    return site === undefined
      ? []
      : [...part.found.values()].map((d) => ({ site, name: superuserSecret(d) }));
  });
  const source = all.find((s) => isSameLocation(s.site, own)) ?? all[0];
  if (source === undefined) throw new KassetteError('INTERNAL', 'No datacenter was found', 'Report this.');
  return source;
}

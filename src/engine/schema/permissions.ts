import { permissionChanges } from '../../domain/restore/permissions.ts';
import type { RestorePlan } from '../../domain/restore/restore-plan.ts';
import { keyOf } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { RestoreFacts } from '../restore/observe.ts';

/**
 * What lost its permissions: what this run makes, what an interrupted one made, and tables that somebody dropped and made
 * again since the backup, which have another id.
 */
export function objectsRecreated(
  { saved, live }: Pick<RestoreFacts, 'saved' | 'live'>,
  plan: Pick<RestorePlan, 'creates'> & Partial<Pick<RestorePlan, 'rebuilds'>>,
  earlier: readonly string[],
): ReadonlySet<string> {
  const ids = new Map(live.map((o) => [keyOf(o), o.id]));
  const replaced = saved.filter((o) => o.id !== undefined && ids.get(keyOf(o)) !== o.id);
  // A table that is only altered keeps its permissions. A keyspace has no id: one that is altered may have been recreated since.
  const creates = [...plan.creates, ...(plan.rebuilds ?? [])].filter(
    (c) => !/^ALTER (TABLE|MATERIALIZED)\b/i.test(c.statement),
  );
  return new Set([...creates.map((c) => c.object), ...earlier, ...replaced.map(keyOf)]);
}

/** Give recreated objects the permissions that they have in the backup, as far as the roles still exist. */
export async function givePermissionsBack(
  ports: Ports,
  {
    saved,
    permissions,
    session,
    cluster,
  }: Pick<RestoreFacts, 'saved' | 'permissions' | 'session' | 'cluster'>,
  recreated: ReadonlySet<string>,
  options: CommonOptions,
): Promise<void> {
  if (recreated.size === 0) return;
  await ports.progress.step('Restoring permissions', async (report) => {
    const live = await session.permissions();
    const { changes, unclear } = permissionChanges(saved, permissions, live, (o) => recreated.has(keyOf(o)));
    for (const what of unclear) ports.progress.warn(`Restore this permission by hand: ${what}`);
    const roles = new Set(await session.roles());
    for (const [i, { role, statement }] of changes.entries()) {
      options.signal.throwIfAborted();
      if (roles.has(role)) await session.change(statement);
      else ports.progress.warn(`Role ${role} is gone; its permissions were not restored.`);
      report.count(i + 1, changes.length);
    }
    // Cassandra syncs its commit log every ten seconds, and after a power cut nobody would know what is missing.
    if (changes.length > 0) await each(cluster.nodes, (node) => ports.control.flush(node), options);
  });
}

import { grantsFor } from '../../domain/grants.ts';
import type { RestorePlan } from '../../domain/restore-plan.ts';
import { keyOf } from '../../domain/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RestoreFacts } from './observe.ts';

/**
 * What lost its permissions: what this run makes, what an interrupted one made, and tables that somebody dropped and made
 * again since the backup, which have another id.
 */
export function madeAnew({ saved, live, backups }: RestoreFacts, plan: RestorePlan): ReadonlySet<string> {
  const ids = new Map(live.map((o) => [keyOf(o), o.id]));
  const replaced = saved.filter((o) => o.id !== undefined && ids.get(keyOf(o)) !== o.id);
  return new Set([
    ...plan.creates.map((c) => c.object),
    ...backups.flatMap((b) => b.journal?.made ?? []),
    ...replaced.map(keyOf),
  ]);
}

/** Give the backup's permissions on objects that were made again back to the roles that exist. */
export async function giveGrantsBack(
  ports: Ports,
  facts: RestoreFacts,
  made: ReadonlySet<string>,
): Promise<void> {
  const saved = facts.backups[0]?.manifest.permissions ?? [];
  const { grants, unclear } = grantsFor(facts.saved, saved, (o) => made.has(keyOf(o)));
  for (const what of unclear)
    ports.progress.warn(`A permission could not be given back, grant it by hand: ${what}`);
  if (grants.length === 0) return;
  await ports.progress.step('Giving permissions back', async (report) => {
    const roles = new Set(await facts.session.roles());
    for (const [i, { role, statement }] of grants.entries()) {
      if (roles.has(role)) await facts.session.change(statement);
      else ports.progress.warn(`Role ${role} is gone; its permissions were not given back.`);
      report.count(i + 1, grants.length);
    }
  });
}

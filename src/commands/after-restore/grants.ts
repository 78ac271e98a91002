import { grantsFor } from '../../domain/grants.ts';
import type { RestorePlan } from '../../domain/restore-plan.ts';
import { keyOf } from '../../domain/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import type { RestoreFacts } from './observe.ts';

/** Give the backup's permissions on objects that were made again back to the roles that exist. */
export async function giveGrantsBack(ports: Ports, facts: RestoreFacts, plan: RestorePlan): Promise<void> {
  const made = new Set(plan.creates.map((c) => c.object));
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

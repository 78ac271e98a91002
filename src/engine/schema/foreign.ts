import type { Trigger } from '../../domain/backup/manifest.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { foreignIndexes } from '../../domain/schema/index-implementation.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import { unsavedIn } from '../../domain/schema/unsaved.ts';
import type { Ports } from '../../ports/ports.ts';

/** What a backup cannot hold: said when it is made, so that it is no news when it is restored. */
export function warnOfUnsaved(
  { progress }: Pick<Ports, 'progress'>,
  schema: Schema,
  triggers: readonly Trigger[],
): void {
  for (const what of unsavedIn(schema, triggers)) progress.warn(what);
}

/** What the restored tables had and a restore does not bring back. */
export function warnOfUnrestored(
  { progress }: Pick<Ports, 'progress'>,
  saved: Schema,
  triggers: readonly Trigger[],
  tables: readonly { readonly keyspace: string; readonly name: string; readonly action: string }[],
): void {
  const loaded = new Map(tables.map((t) => [tableKey(t), t.action]));
  for (const { index, className } of foreignIndexes(saved)) {
    const { keyspace, name, base = '' } = index;
    if (!loaded.has(tableKey({ keyspace, name: base }))) continue;
    progress.warn(
      `Index ${name} of ${keyspace}.${base} is made by ${className}, which is not Cassandra's: when the restore has ended, run \`nodetool rebuild_index ${keyspace} ${base} ${name}\` on every node, or queries may miss rows.`,
    );
  }
  const lost = triggers.filter(({ keyspace, table }) => loaded.get(`${keyspace}.${table}`) === 'recreate');
  if (lost.length > 0)
    progress.warn(
      `The restore recreates tables without their triggers. Run afterwards: ${lost.map((t) => t.statement).join('; ')}.`,
    );
}

import type { Trigger } from '../../domain/backup/manifest.ts';
import { tableKey } from '../../domain/restore/restore-plan.ts';
import { foreignIndexes, namesOfForeign } from '../../domain/schema/index-implementation.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';

/** What a backup cannot hold: said when it is made, so that it is no news when it is restored. */
export function warnOfUnsaved(
  { progress }: Pick<Ports, 'progress'>,
  schema: Schema,
  triggers: readonly Trigger[],
): void {
  const foreign = foreignIndexes(schema);
  if (foreign.length > 0)
    progress.warn(
      `Made by classes that are not Cassandra's: ${namesOfForeign(foreign)}. A snapshot has no files of such an index: this backup cannot be restored cold, and after a warm restore the index has to be rebuilt.`,
    );
  if (triggers.length > 0)
    progress.warn(
      `Cassandra does not describe triggers: a restore that recreates their tables leaves them out. It names them: ${triggers.map((t) => t.statement).join('; ')}.`,
    );
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

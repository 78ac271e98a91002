import type { Manifest } from '../backup/manifest.ts';
import { qualified } from '../schema/cql-text.ts';
import type { Schema } from '../schema/schema.ts';

/**
 * Views of a backup that a restore drops and lets Cassandra build from their tables, because rows of one may be missing in the
 * other. An older backup does not say which; it may be any.
 */
export function viewsToRebuild(
  { viewsToRebuild: named }: Pick<Manifest, 'viewsToRebuild'>,
  saved: Schema,
): Schema {
  const views = saved.filter((o) => o.kind === 'view');
  if (named === undefined) return views;
  const names = new Set(named);
  return views.filter(({ keyspace, name }) => names.has(qualified(keyspace, name)));
}

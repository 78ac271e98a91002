import { KassetteError } from '../errors.ts';
import { firstFew } from '../sentence.ts';

/** A statement of DESCRIBE, as far as it decides whether the log says all. */
const NOT_LOGGED = /^CREATE KEYSPACE (\S+)[\s\S]*durable_writes\s*=\s*false/i;
const VIEW = /^CREATE MATERIALIZED VIEW (\S+)/i;

/**
 * That the log has all that was written, and that nothing is derived from it by more than one node. A keyspace without durable writes would come back
 * as the backup has it; of a view, each update goes to another node, which does not run while a log is replayed.
 * @param statements of the backup's schema, or of the live one
 * @throws REWIND_UNSUPPORTED
 */
export function checkLogged(statements: readonly string[]): void {
  const named = (form: RegExp) => [...new Set(statements.flatMap((s) => form.exec(s.trim())?.[1] ?? []))];
  const keyspaces = named(NOT_LOGGED);
  if (keyspaces.length > 0)
    throw refused(
      `Writes to ${firstFew(keyspaces)} are in no commit log (durable_writes = false), so its rows cannot be set back.`,
      'Set `durable_writes = true` for it, and back up once more: what is written after that can be set back.',
    );
  const views = named(VIEW);
  if (views.length > 0)
    throw refused(
      `${firstFew(views)} is a materialized view; a rewind of a cluster with views is not possible yet.`,
      'Drop the views, and create them again afterwards. Or restore a backup instead.',
    );
}

function refused(message: string, way: string): KassetteError {
  return new KassetteError('REWIND_UNSUPPORTED', message, `Nothing was changed. ${way}`);
}

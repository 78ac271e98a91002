import { type Client, types } from 'cassandra-driver';
import { alteration } from './events.ts';
import type { Row } from './model.ts';
import type { LiveWrite } from './writer.ts';

/** When `before-backup` began and ended; milliseconds since 1970. */
export interface BackupWindow {
  readonly start: number;
  readonly end: number;
}

export interface LiveCheck {
  readonly ok: boolean;
  /** Rows in the table. */
  readonly rows: number;
  /** Rows acknowledged before the backup began, and how many of them are there, no older than that. */
  readonly due: number;
  readonly present: number;
  /** Rows there in a version that was sent or acknowledged while the backup was made: allowed, not required. */
  readonly optional: number;
  /** Due but not there, or there in an older version. */
  readonly missing: readonly string[];
  /** There, but sent after the backup had ended. */
  readonly tooNew: readonly string[];
  /** There, but not what was written. */
  readonly altered: readonly string[];
}

/** Reads the writer's table at ALL and holds it against what the writer, stopped by now, remembers. */
export async function checkLive(
  client: Client,
  writes: readonly LiveWrite[],
  window: BackupWindow,
): Promise<LiveCheck> {
  const rows: Row[] = [];
  let pageState: string | undefined;
  do {
    const page: types.ResultSet = await client.execute(
      'SELECT bucket, id, version, body, tags FROM live.events',
      [],
      {
        prepare: true,
        fetchSize: 2000,
        consistency: types.consistencies.all,
        ...(pageState && { pageState }),
      },
    );
    for (const row of page.rows) rows.push({ ...row });
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
  return judgeLive(rows, writes, window);
}

/** The pure part of `checkLive`. */
export function judgeLive(
  rows: readonly Row[],
  writes: readonly LiveWrite[],
  window: BackupWindow,
): LiveCheck {
  const sent = new Map(writes.map((write) => [versionKey(write.id, write.version), write]));
  const due = dueVersions(writes, window);
  const found = new Map(rows.map((row) => [Number(row['id']), Number(row['version'])]));

  const missing = [...due].flatMap(([id, version]) => {
    const actual = found.get(id);
    if (actual === undefined) return [`row ${id}: not there, version ${version} was acknowledged`];
    return actual < version ? [`row ${id}: version ${actual}, but ${version} was acknowledged`] : [];
  });
  const tooNew: string[] = [];
  const altered: string[] = [];
  let optional = 0;
  for (const row of rows) {
    const [id, version] = [Number(row['id']), Number(row['version'])];
    const write = sent.get(versionKey(id, version));
    const wrong = write ? alteration(row) : `version ${version} was never written`;
    if (wrong !== undefined) altered.push(`row ${id}: ${wrong}`);
    else if (write && write.sentAt > window.end) tooNew.push(`row ${id}: version ${version} was sent later`);
    else if (due.get(id) !== version) optional++;
  }
  const ok = missing.length + tooNew.length + altered.length === 0;
  const present = due.size - missing.length;
  return { ok, rows: rows.length, due: due.size, present, optional, missing, tooNew, altered };
}

function versionKey(id: number, version: number): string {
  return `${id} ${version}`;
}

/** The newest version of each row that was acknowledged before the backup began. */
function dueVersions(writes: readonly LiveWrite[], window: BackupWindow): ReadonlyMap<number, number> {
  const due = new Map<number, number>();
  for (const { id, version, acknowledgedAt } of writes) {
    if (acknowledgedAt === undefined || acknowledgedAt >= window.start) continue;
    due.set(id, Math.max(version, due.get(id) ?? 0));
  }
  return due;
}

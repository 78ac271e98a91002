import { createHash } from 'node:crypto';
import { type Row, simple } from './model.ts';

/** The writer's table. What a row must hold follows from its key and its version alone. */
export const EVENTS = {
  keyspace: 'live',
  table: 'events',
  definition: [
    `CREATE KEYSPACE IF NOT EXISTS live WITH replication = ${simple(3)}`,
    'CREATE TABLE IF NOT EXISTS live.events (bucket int, id int, version int, body text, tags set<text>, PRIMARY KEY (bucket, id))',
  ],
  insert: 'INSERT INTO live.events (bucket, id, version, body, tags) VALUES (?, ?, ?, ?, ?)',
} as const;

const BUCKETS = 64;

export interface EventRow {
  readonly bucket: number;
  readonly id: number;
  readonly version: number;
  readonly body: string;
  readonly tags: readonly string[];
}

export function eventRow(id: number, version: number): EventRow {
  const body = createHash('sha256').update(`${id} ${version}`).digest('base64');
  return { bucket: id % BUCKETS, id, version, body, tags: [`id ${id}`, `version ${version}`] };
}

export function eventParams(row: EventRow): readonly unknown[] {
  return [row.bucket, row.id, row.version, row.body, row.tags];
}

/** Undefined where the row is exactly what was written under its id and version; else what is wrong. */
export function alteration(row: Row): string | undefined {
  const expected = eventRow(Number(row['id']), Number(row['version']));
  const [should, is] = [JSON.stringify(expected), JSON.stringify(pick(row))];
  return should === is ? undefined : `expected ${should}, got ${is}`;
}

function pick(row: Row): Row {
  const { bucket, id, version, body, tags } = row;
  return { bucket, id, version, body, tags };
}

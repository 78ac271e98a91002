import { qualified, quote, tokenize } from '../schema/cql-text.ts';

/** A keyspace, or one of its tables, as somebody names it. */
export interface TableName {
  readonly keyspace: string;
  /** Null for the whole keyspace. */
  readonly table: string | null;
}

/**
 * `KEYSPACE` or `KEYSPACE.TABLE` as in CQL: bare names are lower-cased, names in double quotes are taken as they stand,
 * `"Camel Case"."t.x"`. Null for anything else.
 */
export function parseTableName(text: string): TableName | null {
  const [keyspace, dot, table, ...more] = tokenize(text) ?? [];
  const isName = (token: typeof keyspace) => token?.kind === 'word' || token?.kind === 'name';
  if (keyspace === undefined || !isName(keyspace) || more.length > 0) return null;
  if (dot === undefined) return { keyspace: keyspace.text, table: null };
  if (dot.text !== '.' || dot.kind !== 'symbol' || table === undefined || !isName(table)) return null;
  return { keyspace: keyspace.text, table: table.text };
}

/** As it can be typed again. */
export function showName({ keyspace, table }: TableName): string {
  return table === null ? quote(keyspace) : qualified(keyspace, table);
}

import { qualified, quote, tokenize } from '../../domain/schema/cql-text.ts';
import { withImplementation } from '../../domain/schema/index-implementation.ts';

/*
 * What DESCRIBE of some 4.0 releases writes and Cassandra then does not take back (seen on 4.0.1). The statements are made
 * good on every release alike, so that the same schema always gives the same text.
 */

/** A row of `system_schema.types`. */
export interface TypeRow {
  readonly keyspace_name: string;
  readonly type_name: string;
  readonly field_names: readonly string[];
  /** CQL types. */
  readonly field_types: readonly string[];
}

/** `CREATE TYPE` with all names quoted; DESCRIBE of 4.0.1 leaves those of the fields bare. */
export function typeStatement(row: TypeRow): string {
  const fields = row.field_names.map((field, i) => `    ${quote(field)} ${row.field_types[i]}`);
  return `CREATE TYPE ${qualified(row.keyspace_name, row.type_name)} (\n${fields.join(',\n')}\n);`;
}

/** What a row of `system_schema.indexes` shows of what the index is. */
export interface IndexRow {
  /** `CUSTOM` of one that is made by a class; legacy ones are `COMPOSITES` or, on a table of old, `KEYS`. */
  readonly kind: string;
  /** As it was named when the index was made: `sai`, or a class. */
  readonly className: string | undefined;
}

/** The same `CREATE INDEX` with the implementation that the index has: DESCRIBE leaves that of a legacy one to the node's default. */
export function indexStatement(described: string, row: IndexRow | undefined, release: string): string {
  return withImplementation(described, release, row?.kind === 'CUSTOM' ? row.className : undefined);
}

/** The same `CREATE AGGREGATE` with its functions' names quoted; DESCRIBE of 4.0.1 leaves them bare. */
export function aggregateStatement(described: string): string {
  const tokens = tokenize(described) ?? [];
  const isFunction = (i: number) => {
    const before = tokens[i - 1];
    return before?.kind === 'word' && (before.text === 'sfunc' || before.text === 'finalfunc');
  };
  return tokens
    .filter((token, i) => token.kind === 'word' && isFunction(i))
    .toReversed()
    .reduce(
      (text, { start, end }) => text.slice(0, start) + quote(text.slice(start, end)) + text.slice(end),
      described,
    );
}

/** The same `CREATE MATERIALIZED VIEW` without `default_time_to_live`, which 4.0.1 describes and does not accept. */
export function viewStatement(described: string): string {
  const tokens = tokenize(described) ?? [];
  const at = tokens.findIndex(
    (t, i) =>
      t.kind === 'word' &&
      t.text === 'default_time_to_live' &&
      tokens[i - 1]?.text === 'and' &&
      tokens[i + 1]?.text === '=',
  );
  const [before, value] = [tokens[at - 1], tokens[at + 2]];
  if (before === undefined || value === undefined) return described;
  return described.slice(0, before.start).trimEnd() + described.slice(value.end);
}

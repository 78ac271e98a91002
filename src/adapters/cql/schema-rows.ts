import type cassandra from 'cassandra-driver';
import type { Trigger } from '../../domain/backup/manifest.ts';
import { outOfComment } from '../../domain/schema/compact-tables.ts';
import { qualified, quote, splitStatements, unquote } from '../../domain/schema/cql-text.ts';
import type { SchemaSettings } from '../../domain/schema/schema-settings.ts';
import {
  aggregateStatement,
  type IndexRow,
  indexStatement,
  type TypeRow,
  typeStatement,
  viewStatement,
} from './describe.ts';
import { SETTINGS, settingsFrom } from './settings.ts';

/** All rows that one and the same node answers. */
type Rows = (query: string) => Promise<readonly cassandra.types.Row[]>;

/** The statements of DESCRIBE, each made complete by what `system_schema` has of its object. */
export async function describeSchema(rows: Rows): Promise<readonly string[]> {
  const described = await rows('DESCRIBE SCHEMA WITH INTERNALS');
  const [types, indexes, release] = await Promise.all([typesOf(rows), indexesOf(rows), releaseOf(rows)]);
  return described.map((r) => {
    const statement = String(r['create_statement']);
    const name = `${unquote(r['keyspace_name'])}.${unquote(r['name'])}`;
    const type = types.get(name);
    switch (r['type']) {
      case 'aggregate':
        return aggregateStatement(statement);
      case 'index':
        return indexStatement(statement, indexes.get(name), release);
      case 'materialized_view':
        return viewStatement(statement);
      case 'table':
        return outOfComment(statement);
      case 'type':
        return type === undefined || hasAppended(statement) ? statement : typeStatement(type);
      default:
        return statement;
    }
  });
}

export async function schemaSettings(rows: Rows): Promise<SchemaSettings> {
  const names = SETTINGS.map((name) => `'${name}'`).join(', ');
  const found = await rows(`SELECT name, value FROM system_views.settings WHERE name IN (${names})`);
  const values = new Map(found.map((r) => [String(r['name']), r['value'] as string | null]));
  return settingsFrom(await releaseOf(rows), values);
}

async function releaseOf(rows: Rows): Promise<string> {
  const [local] = await rows("SELECT release_version FROM system.local WHERE key = 'local'");
  return String(local?.['release_version']);
}

/** By `keyspace.name`. */
async function typesOf(rows: Rows): Promise<ReadonlyMap<string, TypeRow>> {
  const found = await rows(
    'SELECT keyspace_name, type_name, field_names, field_types FROM system_schema.types',
  );
  return new Map(
    found.map((r) => [
      `${r['keyspace_name']}.${r['type_name']}`,
      {
        keyspace_name: String(r['keyspace_name']),
        type_name: String(r['type_name']),
        field_names: (r['field_names'] ?? []).map(String),
        field_types: (r['field_types'] ?? []).map(String),
      },
    ]),
  );
}

/** By `keyspace.name`. */
async function indexesOf(rows: Rows): Promise<ReadonlyMap<string, IndexRow>> {
  const found = await rows('SELECT keyspace_name, index_name, kind, options FROM system_schema.indexes');
  return new Map(
    found.map((r) => [
      `${r['keyspace_name']}.${r['index_name']}`,
      { kind: String(r['kind']), className: r['options']?.['class_name'] },
    ]),
  );
}

export const TRIGGERS = 'SELECT keyspace_name, table_name, trigger_name, options FROM system_schema.triggers';

/** Of a row of `TRIGGERS`. */
export function triggerOf(row: Readonly<Record<string, unknown>>): Trigger {
  const [keyspace, table] = [String(row['keyspace_name']), String(row['table_name'])];
  const options = row['options'] as Readonly<Record<string, string>> | null;
  const className = (options?.['class'] ?? '').replaceAll("'", "''");
  const name = quote(String(row['trigger_name']));
  return {
    keyspace,
    table,
    statement: `CREATE TRIGGER ${name} ON ${qualified(keyspace, table)} USING '${className}'`,
  };
}

/**
 * Whether other statements follow, as newer releases append them (COMMENT ON TYPE …, SECURITY LABEL …): they must not be cut off. What
 * follows a semicolon in the bare name of a field, as 4.0.1 describes it, is none.
 */
function hasAppended(described: string): boolean {
  const [, ...others] = splitStatements(described) ?? [];
  const isOne = (word: string | undefined) => word === 'comment' || word === 'security';
  return others.length > 0 && others.every(({ tokens }) => isOne(tokens[0]?.text));
}

import type { Client, types } from 'cassandra-driver';

/** The schema, roles and permissions as the server describes them; plain JSON. */
export interface SchemaRecord {
  /** By `keyspace type name`, such as `restaurants table guests`: the statement, without what a restore may change. */
  readonly objects: Readonly<Record<string, string>>;
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
}

export interface SchemaDifference {
  readonly what: string;
  readonly expected: string | undefined;
  readonly actual: string | undefined;
}

/** DESCRIBE is answered by the server since 4.0. Needs a superuser for the roles and permissions. */
export async function recordSchema(client: Client): Promise<SchemaRecord> {
  const objects = (await allRows(client, 'DESCRIBE SCHEMA WITH INTERNALS')).map((row) => {
    const name = [row.get('keyspace_name'), row.get('type'), row.get('name')].join(' ');
    return [name, withoutTableId(row.get('create_statement'))] as const;
  });
  const roles = await allRows(client, 'LIST ROLES');
  const permissions = await allRows(client, 'LIST ALL PERMISSIONS');
  return {
    objects: mergedByName(objects),
    roles: roles
      .map((row) => `${row.get('role')} super=${row.get('super')} login=${row.get('login')}`)
      .sort(),
    permissions: permissions
      .map((row) => `${row.get('role')}: ${row.get('permission')} on ${row.get('resource')}`)
      .sort(),
  };
}

/** A table's id is new when the restore had to create it; it also stands in a view's statement. */
export function withoutTableId(statement: string): string {
  return statement.replace(/\bWITH ID = [0-9a-f-]{36}(;|\s+AND )/, (_, end: string) =>
    end === ';' ? ';' : 'WITH ',
  );
}

/** Functions share a name where their arguments differ, and dropped columns follow their table: keep all, in order. */
export function mergedByName(
  objects: readonly (readonly [name: string, statement: string])[],
): Readonly<Record<string, string>> {
  const groups = Map.groupBy(objects, ([name]) => name);
  return Object.fromEntries(
    [...groups].map(([name, members]) => [
      name,
      members
        .map(([, statement]) => statement)
        .sort()
        .join('\n'),
    ]),
  );
}

/** Empty where the two are the same. */
export function compareSchema(expected: SchemaRecord, actual: SchemaRecord): readonly SchemaDifference[] {
  const names = new Set([...Object.keys(expected.objects), ...Object.keys(actual.objects)]);
  const objects = [...names].map((what) => ({
    what,
    expected: expected.objects[what],
    actual: actual.objects[what],
  }));
  return [
    ...objects.filter((object) => linesOf(object.expected) !== linesOf(object.actual)),
    ...compareLines('role', expected.roles, actual.roles),
    ...compareLines('permission', expected.permissions, actual.permissions),
  ];
}

/**
 * A table's lines without their order: a node describes dropped columns in that of a hash map. Their times count to the
 * millisecond, which is all that Cassandra keeps once the node that dropped them is started anew.
 */
function linesOf(statement: string | undefined): string | undefined {
  if (!statement?.startsWith('CREATE TABLE')) return statement;
  return statement
    .replaceAll(/( USING TIMESTAMP \d+)\d{3};/g, '$1;')
    .split('\n')
    .map((line) => line.trim().replace(/,$/, ''))
    .toSorted()
    .join('\n');
}

function compareLines(
  what: string,
  expected: readonly string[],
  actual: readonly string[],
): readonly SchemaDifference[] {
  const [before, after] = [new Set(expected), new Set(actual)];
  return [
    ...expected
      .filter((line) => !after.has(line))
      .map((line) => ({ what, expected: line, actual: undefined })),
    ...actual
      .filter((line) => !before.has(line))
      .map((line) => ({ what, expected: undefined, actual: line })),
  ];
}

async function allRows(client: Client, query: string): Promise<readonly types.Row[]> {
  const rows: types.Row[] = [];
  let pageState: string | undefined;
  do {
    const page: types.ResultSet = await client.execute(query, [], {
      fetchSize: 5000,
      ...(pageState && { pageState }),
    });
    rows.push(...page.rows);
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
  return rows;
}

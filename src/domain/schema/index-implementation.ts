import { isOlder } from '../cluster/release.ts';
import { qualified, tokenize } from './cql-text.ts';
import type { Schema, SchemaObject } from './schema.ts';

/** The name of an index with a table of its own. Source: `CassandraIndex.NAME`. */
export const LEGACY_INDEX = 'legacy_local_table';

/** A string of a statement, quotes and all. */
export function isLegacyImplementation(text: string): boolean {
  return text.toLowerCase() === `'${LEGACY_INDEX}'`;
}

/**
 * Since 5.0 a `CREATE INDEX` that names no implementation makes what `default_secondary_index` of the node says, and DESCRIBE
 * names none of a legacy index. Before, it always made a legacy one, and could not name any.
 */
export function namesImplementations(release: string): boolean {
  return !isOlder(release, '5.0.0');
}

/**
 * The same statement of an index, its implementation named, or not named where the release does not know the name. One that names
 * none is that of a legacy index where nothing else is known: so DESCRIBE writes these, on every release.
 */
export function withImplementation(
  statement: string,
  release: string,
  implementationUnlessNamed: string = LEGACY_INDEX,
): string {
  const tokens = tokenize(statement) ?? [];
  const using = tokens.findLastIndex((t) => t.kind === 'word' && t.text === 'using');
  const [word, implementation] = using < 0 ? [] : tokens.slice(using);
  if (word === undefined) {
    const end = tokens.findLast((t) => t.text !== ';')?.end ?? statement.length;
    const named = `${statement.slice(0, end)} USING '${implementationUnlessNamed}'`;
    return namesImplementations(release) ? named + statement.slice(end) : statement;
  }
  if (namesImplementations(release) || !isLegacyImplementation(implementation?.text ?? '')) return statement;
  return statement.slice(0, word.start).trimEnd() + statement.slice(implementation?.end);
}

/** An index that a class outside Cassandra makes. */
export interface ForeignIndex {
  readonly index: SchemaObject;
  readonly className: string;
}

/**
 * Those of which Cassandra knows no files: a snapshot has none of them, and whether loaded rows are in them is for the class to see to. Names
 * without a package are Cassandra's own (`sai`, `SASIIndex` …). Source: `IndexMetadata.indexNameAliases`, `SecondaryIndexManager`.
 */
export function foreignIndexes(schema: Schema): readonly ForeignIndex[] {
  return schema.flatMap((index) => {
    if (index.kind !== 'index') return [];
    const className = implementationOf(index);
    const isForeign = className.includes('.') && !className.startsWith('org.apache.cassandra.');
    return isForeign ? [{ index, className }] : [];
  });
}

/**
 * Legacy indexes, each with a table of its own: what calls them built is another system table, and not their SSTables. All others are built
 * at a start where a part of them is missing.
 */
export function indexesWithTables(schema: Schema): Schema {
  return schema.filter(
    (o) => o.kind === 'index' && ['', LEGACY_INDEX].includes(implementationOf(o).toLowerCase()),
  );
}

/** As the statement names it; empty where it names none. */
function implementationOf({ statements }: SchemaObject): string {
  const tokens = tokenize(statements[0] ?? '') ?? [];
  const using = tokens.findLastIndex((t) => t.kind === 'word' && t.text === 'using');
  return using < 0 ? '' : (tokens[using + 1]?.text.slice(1, -1) ?? '');
}

/** For a message: `"ks"."by_text" (com.example.Index)`. */
export function namesOfForeign(indexes: readonly ForeignIndex[]): string {
  return indexes
    .map(({ index, className }) => `${qualified(index.keyspace, index.name)} (${className})`)
    .join(', ');
}

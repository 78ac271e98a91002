import { leftRehearsals } from '../../domain/restore/rehearsal.ts';
import { parseSchema, type Schema, schemaText } from '../../domain/schema/schema.ts';
import { asKept, type SchemaSettings, type Unkept, unkept } from '../../domain/schema/schema-settings.ts';
import type { CqlSession } from '../../ports/cql.ts';
import type { Ports } from '../../ports/ports.ts';

/** A saved and the live schema, both as the nodes keep them, so that they can be compared. */
export interface Schemas {
  readonly saved: Schema;
  /** Without what is left of rehearsals. */
  readonly live: Schema;
  /** Keyspaces that a killed run has rehearsed in. */
  readonly rehearsals: readonly string[];
  readonly settings: SchemaSettings;
  /** What of the saved one the nodes cannot keep. */
  readonly lost: readonly Unkept[];
}

export async function schemasOf(
  session: Pick<CqlSession, 'describeSchema' | 'schemaSettings' | 'tableIds' | 'isEmpty'>,
  savedText: string,
): Promise<Schemas> {
  const saved = parseSchema(savedText);
  const settings = await session.schemaSettings();
  const found = await liveSchema(session, settings);
  const rehearsals = await leftOver(session, found, saved);
  const live = found.filter((o) => !rehearsals.includes(o.keyspace));
  return { saved: asKept(saved, settings), live, rehearsals, settings, lost: unkept(saved, live, settings) };
}

/** Keyspaces that a killed run has rehearsed in. What has a row is none, whatever its name. */
export async function leftOver(
  session: Pick<CqlSession, 'tableIds' | 'isEmpty'>,
  live: Schema,
  saved: Schema = [],
): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of leftRehearsals(live, saved)) if (await isEmpty(session, name)) left.push(name);
  return left;
}

async function isEmpty(
  session: Pick<CqlSession, 'tableIds' | 'isEmpty'>,
  keyspace: string,
): Promise<boolean> {
  const own = [...(await session.tableIds()).keys()].filter((table) => table.startsWith(`${keyspace}.`));
  for (const table of own)
    if (!(await session.isEmpty(keyspace, table.slice(keyspace.length + 1)))) return false;
  return true;
}

/** Parses a text once for all nodes' parts of a backup, which have the same. */
export function lastParsed(): (text: string) => Schema {
  let last: { readonly text: string; readonly schema: Schema } | null = null;
  return (text) => {
    if (last?.text !== text) last = { text, schema: parseSchema(text) };
    return last.schema;
  };
}

export async function liveSchema(
  session: Pick<CqlSession, 'describeSchema'>,
  settings: SchemaSettings,
): Promise<Schema> {
  return asKept(parseSchema(schemaText(await session.describeSchema())), settings);
}

export function warnOfUnkept({ progress }: Pick<Ports, 'progress'>, lost: readonly Unkept[]): void {
  for (const { object, option, why } of lost) {
    progress.warn(`${object} comes back without \`${option}\`: ${why}.`);
  }
}

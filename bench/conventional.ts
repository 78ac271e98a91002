import type { Client } from 'cassandra-driver';
import { parseSchema } from '../src/domain/schema/schema.ts';
import { dropStatement } from '../src/domain/schema/schema-diff.ts';

export const CONVENTIONAL_TAG = 'conventional';

/** The cluster on which the procedure runs, by its nodes' names. */
export interface Place {
  readonly nodes: readonly string[];
  /** Waits for schema agreement after every statement, as cqlsh does. */
  connect(): Promise<Client>;
  nodetool(node: string, args: readonly string[]): Promise<void>;
  /** Copy the table's snapshot from wherever it lies into the live directory of that id. */
  copySnapshot(node: string, keyspace: string, table: string, id: string): Promise<void>;
}

/**
 * The conventional procedure, as the reference's scripts perform it: node after node, a nodetool JVM for each step. Written
 * in its favour where there was a choice: statements run over one open connection instead of a cqlsh start each, and the
 * schema is kept in memory.
 */
export class Conventional {
  readonly #place: Place;
  #schema: readonly string[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  async beforeBackup(): Promise<void> {
    const client = await this.#place.connect();
    this.#schema = (await client.execute('DESCRIBE SCHEMA')).rows.map((r) => String(r['create_statement']));
    await client.shutdown();
    for (const node of this.#place.nodes) {
      await this.#place.nodetool(node, ['cleanup']);
      await this.#place.nodetool(node, ['clearsnapshot', '-t', CONVENTIONAL_TAG]);
      await this.#place.nodetool(node, ['snapshot', '-t', CONVENTIONAL_TAG]);
    }
  }

  async afterBackup(): Promise<void> {
    for (const node of this.#place.nodes) {
      await this.#place.nodetool(node, ['clearsnapshot', '-t', CONVENTIONAL_TAG]);
    }
  }

  /** Drop every keyspace, make the schema again, then copy and refresh table after table on node after node. */
  async afterRestore(): Promise<void> {
    const client = await this.#place.connect();
    const schema = parseSchema(this.#schema.join('\n'));
    const keyspaces = schema.filter((o) => o.kind === 'keyspace');
    for (const keyspace of keyspaces) await client.execute(dropStatement(keyspace));
    for (const statement of schema.flatMap((o) => o.statements)) await client.execute(statement);
    const tables = (await client.execute('SELECT keyspace_name, table_name, id FROM system_schema.tables'))
      .rows;
    await client.shutdown();
    for (const node of this.#place.nodes) {
      for (const { name } of keyspaces) {
        for (const row of tables.filter((t) => t['keyspace_name'] === name)) {
          const table = String(row['table_name']);
          await this.#place.copySnapshot(node, name, table, String(row['id']).replaceAll('-', ''));
          await this.#place.nodetool(node, ['refresh', name, table]);
        }
      }
    }
  }
}

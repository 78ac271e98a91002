import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderMarker, sha256 } from '../../../src/domain/backup/manifest.ts';
import type { BeforeBackupOptions, BeforeBackupResult } from '../../../src/engine/verbs/before-backup.ts';
import { World } from '../cluster/world.ts';
import { backUp } from './history.ts';

const REPLICATION = "WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '1', 'dc2': '1'}";

/** Two nodes with a table, a view of it, and another table; the view has the value and the key of a row as its key. */
export function shopWithView(): World {
  const world = World.make({ dc1: 1, dc2: 1 });
  const { cluster } = world;
  cluster.state.roles.push('app');
  for (const statement of [
    `CREATE KEYSPACE shop ${REPLICATION}`,
    "CREATE TABLE shop.orders (key text PRIMARY KEY, value text) WITH comment = ''",
    "CREATE TABLE shop.plain (key text PRIMARY KEY, value text) WITH comment = ''",
    "CREATE MATERIALIZED VIEW shop.by_value AS SELECT * FROM shop.orders WHERE value IS NOT NULL AND key IS NOT NULL PRIMARY KEY (value, key) WITH comment = ''",
    'GRANT SELECT ON TABLE "shop"."by_value" TO "app"',
  ])
    cluster.change(statement);
  for (const key of ['a', 'b', 'c']) cluster.write('shop', 'orders', key, `order ${key}`);
  for (const node of cluster.nodes) cluster.flush(node);
  cluster.write('shop', 'orders', 'b', 'another order');
  cluster.write('shop', 'plain', 'a', 'plain row');
  return world;
}

/** What the view shows of these rows. */
export function derived(rows: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rows).map(([key, value]) => [`${value}/${key}`, key]));
}

/** A backup in which a row of the table was changed, and one added, between the snapshots of table and view on one node. */
export async function backUpApart(
  world: World,
  options: Partial<BeforeBackupOptions> = {},
): Promise<BeforeBackupResult> {
  const { cluster } = world;
  let written = false;
  cluster.afterSnapshotOf = (node, table) => {
    if (table.name !== 'orders' || written) return;
    written = true;
    cluster.writeOn(node, 'shop', 'orders', 'a', 'changed meanwhile');
    cluster.writeOn(node, 'shop', 'orders', 'd', 'added meanwhile');
  };
  const ending = await world.run(backUp(options));
  cluster.afterSnapshotOf = () => {};
  if (ending.kind !== 'done') throw new Error('The backup was not made.', { cause: ending });
  assert.ok(written);
  return ending.result;
}

/** Take out of a backup what manifests of before do not have. */
export function forgetViews({ cluster }: World, tag: string): void {
  for (const node of cluster.nodes) {
    const { viewsToRebuild: _, ...manifest } = JSON.parse(
      cluster.readFile(node, `kassette/${tag}/backup.json`),
    ) as Record<string, unknown>;
    const text = `${JSON.stringify(manifest)}\n`;
    const place = (name: string) => join(node.volume, 'kassette', tag, name);
    const { opened } = JSON.parse(cluster.readFile(node, `kassette/${tag}/complete`));
    writeFileSync(place('backup.json'), text);
    writeFileSync(place('complete'), renderMarker(tag, { sha256: sha256(text) }, opened));
  }
}

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { type CliRun, mustRun, runCli } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { define } from '../../lab/dataset/define.ts';
import { connectLab, startLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { automaticSnapshots, found } from '../cluster/support/contents/leftovers.ts';
import { restoredTables, tablePlan } from '../cluster/support/tables.ts';
import { SLOW } from '../tiers.ts';

/*
 * What Cassandra does not accept any more although no setting says so: an index of vectors on nodes that have got a second data
 * directory. Only a rehearsal finds that. And functions, which a setting switches off.
 */
const ONE = { dataDirectories: 1, settings: {} };
const OTHERWISE = { dataDirectories: 2, settings: { user_defined_functions_enabled: false } };
const LEFT = 'kassette_rehearsal_0123456789abcdef';
const NOT_OURS = 'kassette_rehearsal_fedcba9876543210';
const directory = mkdtempSync(join(tmpdir(), 'kassette-test-'));
let cluster: EmbeddedCluster;
let client: Client;
let tag: string;

async function start(shape: typeof ONE | typeof OTHERWISE): Promise<void> {
  const subnet = process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.8';
  cluster = await startLab({ directory, subnet, nodes: 2, detached: false, ...shape });
  client = await connectLab(cluster);
}

before(() => start(ONE), SLOW);
after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  rmSync(directory, { recursive: true, force: true });
}, SLOW);

const keyspace = (name: string) =>
  `CREATE KEYSPACE ${name} WITH replication = {'class': 'NetworkTopologyStrategy', 'cass-prd': 2}`;
const SCHEMA = [
  keyspace('shop'),
  'CREATE TYPE shop.money (amount int, currency text)',
  'CREATE FUNCTION shop.plus(a int, b int) CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return a + b; $$',
  'CREATE AGGREGATE shop.total(int) SFUNC plus STYPE int INITCOND 0',
  'CREATE TABLE shop.kept (id int PRIMARY KEY, color text, price frozen<money>)',
  'CREATE MATERIALIZED VIEW shop.by_color AS SELECT * FROM shop.kept WHERE color IS NOT NULL AND id IS NOT NULL PRIMARY KEY (color, id)',
  'CREATE TABLE shop.vectors (id int PRIMARY KEY, color text, v vector<float, 3>)',
  `CREATE INDEX by_v ON shop.vectors (v) USING 'sai'`,
];
const GONE = [
  'DROP INDEX shop.by_v',
  'DROP MATERIALIZED VIEW shop.by_color',
  'DROP AGGREGATE shop.total',
  'DROP FUNCTION shop.plus',
];
const INDEX = /index "shop"\."by_v": [^;]*data directories/;
const FUNCTION = /function "shop"\."plus"\(int, int\): user_defined_functions_enabled is false/;

test('a backup drops what a killed restore has rehearsed in, and nothing that has rows', SLOW, async () => {
  await define(client, [...SCHEMA, ...rehearsal(LEFT), ...rehearsal(NOT_OURS)]);
  await client.execute(`INSERT INTO ${NOT_OURS}.kept (id) VALUES (1)`);
  for (const table of ['kept', 'vectors']) await write(table, 1);
  tag = (await mustRun(directory, ['before-backup'], results.beforeBackupResult)).result.tag;
  assert.deepEqual((await traces()).keyspaces, [NOT_OURS]);
});

test('what Cassandra would refuse is refused with every reason, and all is as it was', SLOW, async () => {
  for (const table of ['kept', 'vectors']) await write(table, 2);
  await define(client, GONE);
  await client.shutdown();
  await cluster.stop();
  await start(OTHERWISE);
  const before = await traces();
  assertRefused(await runCli(directory, ['plan']), [FUNCTION]);
  assertRefused(await runCli(directory, ['after-restore']), [FUNCTION, INDEX]);
  assertRefused(await runCli(directory, ['restore-table', 'shop.vectors', '--from', `backup:${tag}`]), [
    INDEX,
  ]);
  assert.deepEqual(await traces(), before);
  for (const table of ['kept', 'vectors']) assert.deepEqual(await ids(table), [1, 2]);
});

test('what Cassandra accepts is restored, and what a killed run has rehearsed in goes', SLOW, async () => {
  await define(client, rehearsal(LEFT));
  const args = ['restore-table', 'shop.kept', '--from', `backup:${tag}`];
  const planned = await mustRun(directory, ['plan', ...args], tablePlan);
  const { result } = await mustRun(directory, args, restoredTables);
  assert.deepEqual(result.plan, planned.result);
  // Which of the two depends on whether the view was built when the backup was made.
  const views = [...result.plan.creates, ...result.plan.rebuilds].map((c) => c.object);
  assert.deepEqual(views, ['view "shop"."by_color"']);
  for (const table of ['kept', 'by_color']) assert.deepEqual(await ids(table), [1]);
  const { snapshots: _, ...left } = await traces();
  assert.deepEqual(left, { keyspaces: [NOT_OURS], directories: [NOT_OURS], permissions: [] });
});

function rehearsal(name: string): readonly string[] {
  return [keyspace(name), `CREATE TABLE ${name}.kept (id int PRIMARY KEY)`];
}

function assertRefused({ status, stderr }: CliRun, reasons: readonly RegExp[]): void {
  assert.equal(status, 57, stderr);
  for (const reason of [FUNCTION, INDEX])
    if (reasons.includes(reason)) assert.match(stderr, reason);
    else assert.doesNotMatch(stderr, reason);
}

async function write(table: string, id: number): Promise<void> {
  await client.execute(`INSERT INTO shop.${table} (id, color) VALUES (${id}, 'red')`);
}

async function ids(table: string): Promise<readonly number[]> {
  const { rows } = await client.execute(`SELECT id FROM shop.${table}`);
  return rows.map((r) => Number(r['id'])).toSorted();
}

/** Whatever a rehearsal could leave: in the schema, in tables of Cassandra's own, on the disks. */
async function traces() {
  const rehearsals = async (query: string, column: string) =>
    (await client.execute(query)).rows.map((r) => String(r[column])).filter((v) => v.includes('rehearsal'));
  const on = await Promise.all(
    cluster.nodes.map(async (node) => ({
      directories: await found(
        node,
        '-maxdepth',
        '2',
        '-path',
        './data*/kassette_rehearsal*',
        '-printf',
        '%f\n',
      ),
      snapshots: await automaticSnapshots(node),
    })),
  );
  return {
    keyspaces: await rehearsals('SELECT keyspace_name FROM system_schema.keyspaces', 'keyspace_name'),
    permissions: (await rehearsals('SELECT resource FROM system_auth.role_permissions', 'resource')).filter(
      (resource) => !resource.includes(NOT_OURS),
    ),
    directories: [...new Set(on.flatMap((o) => o.directories))],
    snapshots: on.flatMap((o) => o.snapshots),
  };
}

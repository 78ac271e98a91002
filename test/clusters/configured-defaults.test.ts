import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../../lab/cli.ts';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { define } from '../../lab/dataset/define.ts';
import { connectLab, startLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { driverCql } from '../../src/adapters/cql/driver-cql.ts';
import { readSuperuser } from '../../src/adapters/embedded/cluster-file.ts';
import { embeddedDatacenters } from '../../src/adapters/embedded/datacenters.ts';
import type { SchemaSettings } from '../../src/domain/schema/schema-settings.ts';
import { planResult, restoreResult } from '../cluster/support/results.ts';
import { restoredTables } from '../cluster/support/tables.ts';
import { SLOW } from '../tiers.ts';

/*
 * A node whose configuration has other defaults than Cassandra itself, those of `cassandra_latest.yaml`, from which operators
 * configure Cassandra 5.0: a `CREATE INDEX` that names no implementation makes a storage-attached index there.
 */
const LATEST = { cdc_enabled: false };
/** The same with what a restore would have to make switched off or taken away. */
const FEWER = {
  ...LATEST,
  memtable: { configurations: { default: { class_name: 'TrieMemtable' } } },
  materialized_views_enabled: false,
};
const directory = mkdtempSync(join(tmpdir(), 'kassette-test-'));
let cluster: EmbeddedCluster;
let client: Client;

async function start(settings: Readonly<Record<string, unknown>>): Promise<void> {
  const subnet = process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.8';
  const configuration = 'latest';
  cluster = await startLab({ directory, subnet, nodes: 1, detached: false, configuration, settings });
  client = await connectLab(cluster);
}

before(() => start(LATEST), SLOW);
after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  rmSync(directory, { recursive: true, force: true });
}, SLOW);

const SCHEMA = [
  `CREATE KEYSPACE shop WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  'CREATE TABLE shop.kept (id int PRIMARY KEY, color text, word text)',
  `CREATE INDEX color_of_kept ON shop.kept (color) USING 'legacy_local_table'`,
  'CREATE INDEX word_of_kept ON shop.kept (word)',
  'CREATE TABLE shop.gone (id int PRIMARY KEY, color text)',
  `CREATE INDEX color_of_gone ON shop.gone (color) USING 'legacy_local_table'`,
  'CREATE TABLE shop.captured (id int PRIMARY KEY, color text) WITH cdc = true',
  `CREATE TABLE shop.options (id int PRIMARY KEY, color text) WITH comment = 'as saved; -- "all"' AND memtable = 'skiplist'`,
  'CREATE TABLE shop.compact (id int PRIMARY KEY, color text) WITH COMPACT STORAGE',
];
const TABLES = ['kept', 'gone', 'captured', 'options', 'compact'];
const OTHERWISE = [
  'DROP INDEX shop.color_of_kept',
  'DROP INDEX shop.word_of_kept',
  'DROP TABLE shop.gone',
  `ALTER TABLE shop.options WITH comment = 'later' AND compaction = {'class': 'LeveledCompactionStrategy'} AND memtable = 'default'`,
];

test(
  'what DESCRIBE leaves to the configuration comes back as it was, and nothing is dropped for it',
  SLOW,
  async () => {
    await define(client, SCHEMA);
    for (const table of TABLES) await write(table, 'red');
    const saved = { kinds: await indexKinds(), options: await optionsOf('options'), ids: await ids() };
    assert.deepEqual(saved.kinds, {
      color_of_gone: 'COMPOSITES',
      color_of_kept: 'COMPOSITES',
      word_of_kept: 'CUSTOM',
    });
    await mustRun(directory, ['before-backup'], results.beforeBackupResult);

    for (const table of TABLES) await write(table, 'blue');
    await define(client, OTHERWISE);
    // From its start on, the node reads `cdc` as it has it on the disk, where it is not kept while CDC is off.
    await restart(LATEST);

    const shown = await mustRun(directory, ['plan'], planResult);
    const [plan] = shown.result.plans;
    assert.deepEqual(plan?.drops, []);
    assert.deepEqual(
      plan?.tables.filter((t) => t.action === 'recreate').map((t) => t.name),
      ['gone'],
    );
    const restored = await mustRun(directory, ['after-restore'], restoreResult);
    assert.deepEqual(restored.result.clusters[0]?.plan, plan);
    assert.deepEqual(await indexKinds(), saved.kinds);
    assert.deepEqual(await optionsOf('options'), saved.options);
    const now = await ids();
    assert.deepEqual({ ...now, gone: '' }, { ...saved.ids, gone: '' });
    assert.notEqual(now['gone'], saved.ids['gone']);
    for (const table of TABLES) {
      const { rows } = await client.execute(`SELECT id, color FROM shop.${table}`);
      assert.deepEqual(
        rows.map((r) => [r['id'], r['color']]),
        [[1, 'red']],
        table,
      );
    }
    for (const table of ['kept', 'gone']) {
      const { rows } = await client.execute(`SELECT id FROM shop.${table} WHERE color = 'red'`);
      assert.deepEqual(
        rows.map((r) => r['id']),
        [1],
        table,
      );
    }
  },
);

test('single tables get their indexes as they were, beside the live ones, too', SLOW, async () => {
  const { result } = await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  const from = ['--from', `backup:${result.tag}`];
  await define(client, ['DROP INDEX shop.color_of_kept']);
  await mustRun(directory, ['restore-table', 'shop.kept', ...from], restoredTables);
  await mustRun(directory, ['restore-table', 'shop.kept', ...from, '--as', 'shop.copy'], restoredTables);
  assert.deepEqual(await indexKinds(), {
    ...{ color_of_gone: 'COMPOSITES', color_of_kept: 'COMPOSITES', word_of_kept: 'CUSTOM' },
    ...{ copy_color_of_kept: 'COMPOSITES', copy_word_of_kept: 'CUSTOM' },
  });
  await define(client, ['DROP TABLE shop.copy']);
  await mustRun(directory, ['after-backup'], results.afterBackupResult);
});

test('what the nodes are configured not to make is refused before anything is changed', SLOW, async () => {
  const { release, off, memtables } = await settingsNow();
  assert.deepEqual(
    [release, off],
    ['5.0.6', new Set(['cdc', 'scripts', 'sasi', 'masks', 'transientReplicas'])],
  );
  assert.deepEqual(
    ['default', 'skiplist', 'trie', 'other'].map((n) => memtables?.has(n)),
    [true, true, true, false],
  );
  await define(client, [VIEW]);
  await mustRun(directory, ['before-backup'], results.beforeBackupResult);
  await define(client, ['DROP MATERIALIZED VIEW shop.by_color', 'DROP TABLE shop.options']);
  await write('kept', 'blue');
  await restart(FEWER);
  const refused = await runCli(directory, ['after-restore']);
  assert.equal(refused.status, 57, refused.stderr);
  assert.match(refused.stderr, /refuse 2 statements .* memtable has no configuration `skiplist`;/);
  assert.match(refused.stderr, /materialized_views_enabled to true/);
  assert.equal((await client.execute('SELECT id FROM shop.kept')).rowLength, 2);
});

const VIEW =
  'CREATE MATERIALIZED VIEW shop.by_color AS SELECT * FROM shop.kept WHERE color IS NOT NULL AND id IS NOT NULL PRIMARY KEY (color, id)';

async function write(table: string, color: string): Promise<void> {
  const id = color === 'red' ? 1 : 2;
  await client.execute(`INSERT INTO shop.${table} (id, color) VALUES (${id}, '${color}')`);
}

async function restart(settings: Readonly<Record<string, unknown>>): Promise<void> {
  await client.shutdown();
  await cluster.stop();
  await start(settings);
}

async function settingsNow(): Promise<SchemaSettings> {
  const datacenters = await embeddedDatacenters(directory).find([]);
  const credentials = async () => readSuperuser(cluster.file);
  const session = await driverCql({ credentials, timeoutMs: 30_000 }).open(datacenters);
  try {
    return await session.schemaSettings();
  } finally {
    await session.close();
  }
}

async function indexKinds(): Promise<Readonly<Record<string, string>>> {
  const query = `SELECT index_name, kind FROM system_schema.indexes WHERE keyspace_name = 'shop'`;
  const { rows } = await client.execute(query);
  return Object.fromEntries(rows.map((r) => [r['index_name'], r['kind']]));
}

async function optionsOf(table: string): Promise<unknown> {
  const query = `SELECT comment, compaction, memtable FROM system_schema.tables WHERE keyspace_name = 'shop' AND table_name = '${table}'`;
  const { comment, compaction, memtable } = (await client.execute(query)).first();
  return { comment, compaction, memtable };
}

async function ids(): Promise<Readonly<Record<string, string>>> {
  const query = `SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = 'shop'`;
  const { rows } = await client.execute(query);
  return Object.fromEntries(rows.map((r) => [r['table_name'], String(r['id'])]));
}

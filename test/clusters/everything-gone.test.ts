import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../../lab/cli.ts';
import type { StartOptions } from '../../lab/cluster/launcher.ts';
import { compareAnswers, recordAnswers } from '../../lab/dataset/compare/answers.ts';
import { compareData, describeDifferences } from '../../lab/dataset/compare/compare.ts';
import { recordData } from '../../lab/dataset/compare/record.ts';
import { compareReplicas } from '../../lab/dataset/compare/replicas.ts';
import { type Dataset, quoted } from '../../lab/dataset/model.ts';
import { testDataset } from '../../lab/dataset/schema/schema.ts';
import { compareSchema, recordSchema } from '../../lab/dataset/schema/schema-record.ts';
import { startLoaded } from '../../lab/golden.ts';
import { connectLab } from '../../lab/lab.ts';
import * as results from '../../lab/results.ts';
import { isSystemKeyspace } from '../../src/domain/cluster/system-keyspaces.ts';
import { allTest, type DefineCase, TEST_SUBNET, withAllCases } from '../tiers.ts';

interface Kind {
  readonly what: string;
  readonly options: Omit<StartOptions, 'directory'>;
  readonly inTier: DefineCase;
  /** Whether its keyspaces come back one by one, too. */
  readonly oneByOne: boolean;
}

// What the statements make does not depend on how many nodes there are: three where no other suite has them with this release.
const KINDS: readonly Kind[] = [
  {
    what: 'Cassandra 5.0.6 as the operator configures it, with client certificates',
    options: { version: '5.0.6', tls: true, nodes: withAllCases ? 3 : 1 },
    inTier: test,
    oneByOne: withAllCases,
  },
  {
    what: 'Cassandra 5.0.6 as before, with two data directories',
    options: { version: '5.0.6', configuration: 'compatible', dataDirectories: 2, nodes: 1 },
    inTier: allTest,
    oneByOne: false,
  },
  { what: 'Cassandra 4.0.1', options: { version: '4.0.1', nodes: 1 }, inTier: allTest, oneByOne: true },
  { what: 'Cassandra 4.1.9', options: { version: '4.1.9', nodes: 3 }, inTier: allTest, oneByOne: false },
];

// Every statement of DESCRIBE has to make its object again as it was, on every release and with every file format.
for (const { what, options, inTier, oneByOne } of KINDS) {
  inTier(`all keyspaces dropped after the backup come back as they were: ${what}`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
    const dataset = datasetFor(options);
    const cluster = await startLoaded(
      { ...options, directory, subnet: TEST_SUBNET, detached: false },
      dataset,
    );
    const client = await connectLab(cluster);
    try {
      const before = await recordAll(client, dataset);
      await mustRun(directory, ['before-backup'], results.beforeBackupResult);
      await dropAll(client);
      const { result } = await mustRun(directory, ['after-restore'], results.afterRestoreResult);
      assert.equal(result.clusters[0]?.outcome, 'restored');
      await assertAsBefore(client, dataset, before);
      // And keyspace by keyspace, which leaves the backup where it is.
      if (!oneByOne) return;
      const { tag } = (await mustRun(directory, ['before-backup'], results.beforeBackupResult)).result;
      await dropAll(client);
      const names = dataset.keyspaces.map((k) => quoted(k.name));
      const run = await runCli(directory, ['restore-table', ...names, '--from', `backup:${tag}`]);
      assert.equal(run.status, 0, run.stderr);
      await assertAsBefore(client, dataset, before);
    } finally {
      await client.shutdown();
      await cluster.kill();
      await rm(directory, { recursive: true, force: true });
    }
  });
}

async function assertAsBefore(
  client: Client,
  dataset: Dataset,
  before: Awaited<ReturnType<typeof recordAll>>,
): Promise<void> {
  assert.equal((await compareReplicas(client)).outcome, 'agree');
  const after = await recordAll(client, dataset);
  const data = compareData(before.data, after.data);
  assert(data.identical, describeDifferences(data));
  assert.deepEqual(compareSchema(before.schema, after.schema), []);
  assert.deepEqual(compareAnswers(before.answers, after.answers), []);
}

/** Cassandra allows no vector index over several data directories. One node has one replica of each row. */
function datasetFor({
  version = '5.0.6',
  dataDirectories = 1,
  nodes = 3,
}: Omit<StartOptions, 'directory'>): Dataset {
  const { keyspaces, roles } = testDataset({ release: version, datacenter: 'cass-prd' });
  const isPossible = (what: string) => dataDirectories === 1 || !what.includes('indexed');
  return {
    keyspaces: keyspaces
      .filter((k) => isPossible(k.name))
      .map((k) => ({
        ...k,
        replication: nodes === 1 ? k.replication.replace(/\d+}$/, '1}') : k.replication,
      })),
    roles: roles.filter(isPossible),
  };
}

async function recordAll(client: Client, dataset: Dataset) {
  const data = await recordData(client);
  return { data, schema: await recordSchema(client), answers: await recordAnswers(client, dataset) };
}

async function dropAll(client: Client): Promise<void> {
  const { rows } = await client.execute('DESCRIBE KEYSPACES');
  const names = rows.map((r) => String(r['keyspace_name'])).filter((n) => !isSystemKeyspace(n));
  for (const name of names) await client.execute(`DROP KEYSPACE ${name}`);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { mustRun, runCli } from '../lab/cli.ts';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { compareReplicas } from '../lab/dataset/compare/replicas.ts';
import { define } from '../lab/dataset/define.ts';
import { history } from '../lab/dataset/history.ts';
import { connectLab, startLab } from '../lab/lab.ts';
import * as results from '../lab/results.ts';
import { Story } from './story.ts';

/* make demo SCENARIO=rewind: a bad deployment corrupts rows and drops a table; the cluster is set back to the second before it. */

/** What the log is replayed of has commit logs of 5.0. */
const VERSION = '5.0.6';
const CUSTOMERS = 300;
const SEED = Date.now() % 1_000_000;

const directory = await mkdtemp(join(tmpdir(), 'kassette-demo-'));
const story = new Story();
let cluster: EmbeddedCluster | undefined;
try {
  story.title(`Cassandra ${VERSION}, three nodes that archive their commit logs, in ${directory}`);
  cluster = await story.step('start a cluster', () =>
    startLab({ directory, version: VERSION, archive: true }),
  );
  await tell(cluster);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}

async function tell(running: EmbeddedCluster): Promise<void> {
  const client = await connectLab(running);
  const writes = history(client, { seed: SEED, keyspace: 'shop', replicas: 3, datacenter: 'cass-prd' });
  await writes.create();
  await define(client, ['CREATE TABLE shop.customers (id int PRIMARY KEY, name text)']);
  for (let id = 0; id < CUSTOMERS; id++)
    await client.execute('INSERT INTO shop.customers (id, name) VALUES (?, ?)', [id, `customer ${id}`], {
      prepare: true,
    });
  writes.start();
  await story.step('kassette before-backup --keep 2, and after-backup, while a writer goes on', async () => {
    await mustRun(directory, ['before-backup', '--keep', '2'], results.beforeBackupResult);
    await mustRun(directory, ['after-backup'], results.afterBackupResult);
  });
  await pause(4000);
  const before = new Date(Math.floor(Date.now() / 1000) * 1000);
  await pause(1500);
  await story.step('a bad deployment corrupts rows, and drops a table', () => deploy(client));
  await pause(1000);
  await writes.stop();
  await client.shutdown();
  story.fact(`${writes.acknowledged()} writes were acknowledged`);

  const to = before.toISOString().replace('.000Z', 'Z');
  const plan = await runCli(directory, ['rewind', '--to', to, '--dry-run']);
  console.log(`\n$ kassette rewind --to ${to} --dry-run\n${plan.stdout}`);
  const { result } = await story.step(`kassette rewind --to ${to}`, () =>
    mustRun(directory, ['rewind', '--to', to], results.rewindResult),
  );
  for (const n of result.nodes)
    story.fact(`${n.node}: ${n.replayed} mutations replayed, ${n.later} of later left out`);
  const again = await connectLab(running);
  await compare(again, () => writes.check(again, before));
  await again.shutdown();
}

async function deploy(client: Client): Promise<void> {
  for (let id = 0; id < 300; id++)
    await client.execute('INSERT INTO shop.carts (id, v) VALUES (?, ?)', [id, 'undefined'], {
      prepare: true,
    });
  await define(client, ['ALTER TABLE shop.stock ADD price text', 'DROP TABLE shop.customers']);
  for (let id = 0; id < 100; id++)
    await client.execute('UPDATE shop.stock SET v = ?, price = ? WHERE id = ?', ['undefined', 'NaN', id], {
      prepare: true,
    });
}

async function compare(client: Client, look: () => ReturnType<ReturnType<typeof history>['check']>) {
  const { rows } = await client.execute('SELECT name FROM shop.customers');
  story.check(rows.length === CUSTOMERS, `the dropped table is back: ${rows.length} of ${CUSTOMERS} rows`);
  const replicas = await story.step('compare the replicas with each other', () => compareReplicas(client));
  story.check(replicas.outcome === 'agree', `replicas: ${replicas.copies} copies ${replicas.outcome}`);
  const check = await story.step('compare every row at ALL with what was acknowledged', look);
  for (const line of check.wrong.slice(0, 5)) console.log(line);
  story.check(
    check.wrong.length === 0,
    `every key as of that second: ${check.compared - check.wrong.length} of ${check.compared}; ${check.before} acknowledged writes before it, ${check.after} after it`,
  );
  story.table();
  story.conclude();
}

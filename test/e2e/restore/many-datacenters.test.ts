import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { compareData } from '../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../lab/dataset/compare/record.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import { afterRestore, beforeBackup, inPods, type Runner } from '../support/kassette/kassette.ts';

// Two datacenters of one cluster, and a second cluster, in one namespace.
const bed = sharedBed();
const namespace = 'many';
const one = { version: RELEASE, namespace, size: 1 };
const east = new TestDatacenter(bed, { ...one, name: 'east', cluster: 'pair' });
const west = new TestDatacenter(bed, { ...one, name: 'west', cluster: 'pair' });
const lone = new TestDatacenter(bed, { ...one, name: 'lone', cluster: 'single' });
const ROLES = 'ALTER KEYSPACE system_auth WITH replication';
const clients: Client[] = [];
let runner: Runner;

before(async () => {
  await Promise.all([east.create(), lone.create()]);
  for (const datacenter of [east, lone]) clients.push(await datacenter.connect());
  const [pair, single] = clients;
  // Without a datacenter roles belong to whoever owns their tokens: the new one's node, which nobody could ask.
  await pair?.execute(`${ROLES} = {'class': 'NetworkTopologyStrategy', 'east': 1}`);
  await Promise.all([west.create(), replicateRoles(pair)]);
  await fill(pair, "'east': 1, 'west': 1");
  await fill(single, "'lone': 1");
  // Rights in every namespace are enough as well; all other files have them in one.
  runner = await inPods(lone, '--cluster-wide');
});
after(async () => {
  await Promise.all(clients.map((c) => c.shutdown()));
  await Promise.all([east, west, lone].map((d) => d.delete()));
});

/** As for any cluster that gets another datacenter: before, nobody can log in there. Cassandra must know it already. */
async function replicateRoles(client: Client | undefined): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client?.execute(`${ROLES} = {'class': 'NetworkTopologyStrategy', 'east': 1, 'west': 1}`);
      return;
    } catch (error) {
      if (attempt === 120) throw error;
      await sleep(1000);
    }
  }
}

async function fill(client: Client | undefined, replication: string): Promise<void> {
  await client?.execute(
    `CREATE KEYSPACE kept WITH replication = {'class': 'NetworkTopologyStrategy', ${replication}}`,
  );
  for (let t = 0; t < 20; t++) {
    await client?.execute(`CREATE TABLE kept.t${t} (id int PRIMARY KEY, value text)`);
    for (let id = 0; id < 10; id++) {
      await client?.execute(`INSERT INTO kept.t${t} (id, value) VALUES (${id}, 'row ${id} of ${t}')`);
    }
  }
}

async function dirty(client: Client): Promise<void> {
  await client.execute("UPDATE kept.t1 SET value = 'newer' WHERE id = 1");
  await client.execute('DELETE FROM kept.t2 WHERE id = 2');
  await client.execute('DROP TABLE kept.t3');
}

test('are backed up under one tag and restored at once; each cluster is its own backup', async () => {
  const records: readonly DataRecord[] = await Promise.all(clients.map((c) => recordData(c)));
  const backup = await beforeBackup(runner);
  assert.equal(backup.clusters.length, 2);
  for (const client of clients) await dirty(client);
  const { clusters } = await afterRestore(runner);
  assert.deepEqual(
    clusters.map((c) => [c.outcome, c.tag]),
    [
      ['restored', backup.tag],
      ['restored', backup.tag],
    ],
  );
  for (const [i, client] of clients.entries()) {
    const comparison = compareData(records[i] as DataRecord, await recordData(client));
    assert.ok(comparison.identical && comparison.rows > 0);
  }
});

test('run at once: about the time of one, printed; each restore begins before another has ended', async () => {
  const measure = async (...args: readonly string[]) => {
    const { seconds: backup, tag } = await beforeBackup(runner, ...args);
    const { seconds: restore } = await afterRestore(runner, ...args);
    return { tag, seconds: backup + restore };
  };
  const single = await measure('--datacenter', 'lone');
  const pair = await measure('--datacenter', 'east', 'west');
  const all = await measure();
  // Time depends on who else wants the processor; test/scale compares it where nodes only make kassette wait.
  const [s, p, a] = [single, pair, all].map((m) => m.seconds.toFixed(1));
  console.log(`a cluster of one datacenter ${s} s, of two ${p} s, both clusters ${a} s`);
  const [ofPair, ofSingle] = await Promise.all([east, lone].map((d) => restoreSpan(d, all.tag)));
  assert.ok(ofPair && ofSingle);
  assert.ok(ofPair.started < ofSingle.finished && ofSingle.started < ofPair.finished);
});

/** From the events on the datacenter. */
async function restoreSpan(datacenter: TestDatacenter, tag: string) {
  const told = (await datacenter.events()).filter((e) => e.message.includes(tag));
  const at = (reason: string) => {
    const event = told.find((e) => e.reason === reason);
    assert.ok(event, `${reason} on ${datacenter.name}`);
    return event.firstTimestamp;
  };
  return { started: at('RestoreStarted'), finished: at('RestoreFinished') };
}

test('one datacenter alone of a cluster that has two is refused for a restore', async () => {
  const { tag } = await beforeBackup(runner);
  const { status, stderr } = await runner.run(['after-restore', '--datacenter', 'east', '--tag', tag]);
  assert.equal(status, 28, stderr);
  await afterRestore(runner, '--tag', tag);
});

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { types } from 'cassandra-driver';
import { readNodeFile } from '../../../lab/cluster/node-file.ts';
import { recordData } from '../../../lab/dataset/compare/record.ts';
import { define, hostsUp } from '../../../lab/dataset/define.ts';
import { CassandraProcess } from '../../../lab/stand-in/cassandra/cassandra-process.ts';
import { Jmx } from '../../../lab/stand-in/cassandra/jmx.ts';
import type { ClusterNode } from '../../../src/adapters/embedded/cluster-file.ts';
import { nodePlaces } from '../../../src/adapters/embedded/nodes/node-places.ts';
import { SLOW } from '../../tiers.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables } from '../support/tables.ts';

/* Hints of writes that the restore takes back, delivered only after it. */
const NODE_LOCAL = 11 as types.consistencies;
let subject: Subject;
let tag: string;

before(async () => {
  subject = await openSubject();
  tag = await subject.backUp();
}, SLOW);
after(async () => {
  await dispatch('resumeDispatch');
  await subject.dropBackup('--tag', tag);
  await subject.close();
}, SLOW);

async function dispatch(operation: 'pauseDispatch' | 'resumeDispatch'): Promise<void> {
  for (const { name } of subject.cluster.nodes) {
    const node = readNodeFile(nodePlaces(subject.directory, name).nodeFile);
    const jmx = new Jmx(new CassandraProcess(node, () => {}).access, node.management.callLimitMs);
    await jmx.call('org.apache.cassandra.hints:type=HintsService', operation);
    await jmx.close();
  }
}

function hostOf(node: ClusterNode) {
  const host = hostsUp(subject.client).find((h) => h.address === `${node.address}:${node.cqlPort}`);
  assert(host !== undefined, `${node.name} is not up for the driver`);
  return host;
}

/** What the node itself has, by key. */
async function rowsOn(node: ClusterNode, keyspace: string, table: string): Promise<readonly string[]> {
  const include = (k: string, t: string) => k === keyspace && t === table;
  const record = await recordData(subject.client, { include, host: hostOf(node), consistency: NODE_LOCAL });
  return Object.values(record.tables).flatMap((t) => Object.keys(t.rows));
}

const hintFiles = (node: ClusterNode) =>
  existsSync(join(node.volume, 'hints')) ? readdirSync(join(node.volume, 'hints')) : [];

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await condition())) {
    assert(Date.now() < deadline, `waited too long for ${what}`);
    await sleep(250);
  }
}

test(
  'hints of what a restore took back are thrown away by Cassandra; those of other tables arrive',
  SLOW,
  async () => {
    const [first, , last] = subject.cluster.nodes;
    assert(first !== undefined && last !== undefined);
    await dispatch('pauseDispatch');
    await subject.cluster.stopNode(last.name);
    const write = (cql: string) =>
      subject.client.execute(cql, [], { host: hostOf(first), consistency: types.consistencies.quorum });
    await subject.harm(() =>
      write("INSERT INTO deletions.cells_with_ttl (id, forever) VALUES (9000, 'later')"),
    );
    await write('INSERT INTO altered.recreated (id) VALUES (9000)');
    // The last one: once it has arrived, so have the others.
    await write('INSERT INTO deletions.tombstones (part, seq) VALUES (9000, 1)');
    await subject.cluster.startNodes(last.name);
    await until(async () => subject.client.hosts.values().every((h) => h.isUp()), 'the driver');
    await define(subject.client, ['DROP TABLE altered.recreated']);
    const arrived = async () =>
      (await rowsOn(last, 'deletions', 'tombstones')).some((k) => k.includes('9000'));
    assert(!(await arrived()), 'the hint was delivered too early');

    await restoreTables(subject, ['deletions.cells_with_ttl', 'altered.recreated'], `backup:${tag}`);
    assert(!(await arrived()), 'the hint was delivered too early');
    await dispatch('resumeDispatch');
    await until(arrived, 'the hint');
    await until(async () => hintFiles(first).every((f) => !f.endsWith('.hints')), 'the last hints');

    await restoreTables(subject, ['deletions.tombstones'], `backup:${tag}`);
    await subject.assertIntact();
  },
);

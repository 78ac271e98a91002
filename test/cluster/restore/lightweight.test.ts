import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { types } from 'cassandra-driver';
import { define, hostsUp } from '../../../lab/dataset/define.ts';
import { connectLab } from '../../../lab/lab.ts';
import { allTest, SLOW } from '../../tiers.ts';
import { withPorts } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';
import { restoreTables } from '../support/tables.ts';

/*
 * The outcome of lightweight transactions is kept by table id, in system.paxos and in memory. It outlives a TRUNCATE: the next SERIAL
 * read would commit the newer value over the restored one.
 */
const KEYS = Array.from({ length: 20 }, (_, i) => i);
const { all, localSerial, quorum } = types.consistencies;
let subject: Subject;

before(async () => {
  subject = await openSubject();
  const { client, datacenter } = subject;
  await define(client, [
    `CREATE KEYSPACE lwt WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': 3}`,
    'CREATE TABLE lwt.registers (id int PRIMARY KEY, v int)',
    'CREATE INDEX registers_by_v ON lwt.registers (v)',
    'CREATE TABLE lwt.plain (id int PRIMARY KEY, v int)',
  ]);
  for (const id of KEYS) {
    await client.execute(`INSERT INTO lwt.registers (id, v) VALUES (${id}, 0) IF NOT EXISTS`, [], {
      serialConsistency: localSerial,
    });
    await client.execute(`INSERT INTO lwt.plain (id, v) VALUES (${id}, 0)`);
  }
}, SLOW);
after(async () => {
  await define(subject.client, ['DROP KEYSPACE IF EXISTS lwt']);
  await subject.close();
}, SLOW);

/** As clients leave it that go on while one node is down, and whose hints for it are lost. */
async function updateWithoutLastNode(): Promise<void> {
  const last = subject.cluster.nodes.at(-1)?.name ?? '';
  await subject.cluster.stopNode(last);
  for (const id of KEYS) {
    const query = `UPDATE lwt.registers SET v = 1 WHERE id = ${id} IF v = 0`;
    const options = { consistency: quorum, serialConsistency: localSerial };
    const { rows } = await subject.client.execute(query, [], options);
    assert.equal(rows[0]?.['[applied]'], true);
  }
  await withPorts(
    subject,
    () => ({}),
    async (ports) => {
      for (const node of (await ports.datacenters.find([])).flatMap((d) => d.nodes)) {
        if (node.name !== last) await ports.control.truncateHints(node);
      }
    },
  );
  await subject.cluster.startNodes(last);
}

async function assertNothingOfLater(): Promise<void> {
  const client = await connectLab(subject.cluster);
  try {
    const values = async (options: object) => {
      const read = (id: number) =>
        client.execute(`SELECT v FROM lwt.registers WHERE id = ${id}`, [], options);
      return (await Promise.all(KEYS.map(read))).map(({ rows }) => rows[0]?.['v']);
    };
    const saved = KEYS.map(() => 0);
    assert.deepEqual(await values({ consistency: all }), saved);
    for (const host of hostsUp(client)) {
      assert.deepEqual(await values({ consistency: localSerial, host }), saved);
    }
    assert.deepEqual(await values({ consistency: all }), saved);
    const written = await client.execute('UPDATE lwt.registers SET v = 2 WHERE id = 7 IF v = 0');
    assert.equal(written.rows[0]?.['[applied]'], true);
  } finally {
    await client.shutdown();
  }
}

test('after-restore: no SERIAL read brings back a later lightweight transaction', SLOW, async () => {
  await subject.backUp();
  await updateWithoutLastNode();
  const { plan } = await subject.restore();
  await assertNothingOfLater();
  const actions = plan?.tables.filter((t) => t.keyspace === 'lwt').map((t) => [t.name, t.action]);
  assert.deepEqual(actions?.toSorted(), [
    ['plain', 'reload'],
    ['registers', 'recreate'],
  ]);
});

allTest('restore-table: the same', SLOW, async () => {
  await subject.client.execute('UPDATE lwt.registers SET v = 0 WHERE id = 7 IF v = 2');
  const tag = await subject.backUp();
  await updateWithoutLastNode();
  await restoreTables(subject, ['lwt.registers'], `backup:${tag}`);
  await assertNothingOfLater();
  await subject.dropBackup('--tag', tag);
});

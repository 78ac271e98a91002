import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readNodeFile } from '../../../lab/cluster/node-file.ts';
import { CassandraProcess } from '../../../lab/stand-in/cassandra/cassandra-process.ts';
import { Jmx, STORAGE } from '../../../lab/stand-in/cassandra/jmx.ts';
import type { ClusterNode } from '../../../src/adapters/embedded/cluster-file.ts';
import { nodePlaces } from '../../../src/adapters/embedded/nodes/node-places.ts';
import { parseComponent } from '../../../src/domain/sstables/sstable.ts';
import { unrepaired } from '../../../src/domain/sstables/statistics.ts';
import { beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { SLOW } from '../../tiers.ts';
import { found } from '../support/contents/leftovers.ts';
import { OPTIONS, warningsOf, withPorts } from '../support/in-process.ts';
import { openSubject, type Subject } from '../support/subject.ts';

/*
 * Two tables are repaired incrementally; of one of them the backup has seen a session that was open. What Cassandra reads of the
 * statistics that kassette writes is a question for a real one.
 */
const KEYSPACE = 'deletions';
const [OPEN, ENDED] = ['tombstones', 'cells_with_ttl'] as const;
let subject: Subject;

before(async () => {
  subject = await openSubject();
}, SLOW);
after(() => subject.close(), SLOW);

/** Each node's session for that table has ended, and so has what it did with the SSTables. */
async function repair(table: string): Promise<void> {
  const [first] = subject.cluster.nodes;
  assert.ok(first !== undefined);
  const file = readNodeFile(nodePlaces(subject.directory, first.name).nodeFile);
  const jmx = new Jmx(new CassandraProcess(file, () => {}).access, 60_000);
  const signature = 'repairAsync(java.lang.String,java.util.Map)';
  await jmx.call(STORAGE, signature, [KEYSPACE, { incremental: 'true', columnFamilies: table }]);
  await jmx.close();
  while (!(await isRepaired(table))) await sleep(500);
}

async function isRepaired(table: string): Promise<boolean> {
  const files = await Promise.all(subject.cluster.nodes.map((node) => live(node, table)));
  return files.every((own) => own.length > 0 && own.every(saysRepaired)) && (await sessionsEnded());
}

const sessionsEnded = () =>
  withPorts(
    subject,
    () => ({}),
    async (ports) => {
      const datacenters = await ports.datacenters.find([]);
      const session = await ports.cql.open(datacenters);
      const nodes = datacenters.flatMap((d) => d.nodes);
      const all = await Promise.all(nodes.map((node) => session.repairs(node)));
      await session.close();
      return all.every((own) => own.length > 0 && own.every((r) => r.ended && r.tables.length === 1));
    },
  );

const live = (node: ClusterNode, table: string) => statistics(node, `*/${KEYSPACE}/${table}-*`, true);
const saved = (node: ClusterNode, table: string, tag: string) =>
  statistics(node, `*/${KEYSPACE}/${table}-*/snapshots/${tag}/*`, false);

async function statistics(node: ClusterNode, path: string, isLive: boolean): Promise<readonly string[]> {
  const but = isLive ? ['!', '-path', '*/snapshots/*'] : [];
  const files = await found(node, '-type', 'f', '-name', '*-Statistics.db', '-path', path, ...but);
  return files.map((file) => join(node.volume, file));
}

function saysRepaired(file: string): boolean {
  const name = parseComponent(basename(file)) ?? assert.fail(file);
  return unrepaired(name, readFileSync(file)) !== null;
}

test(
  'what was being repaired comes back as not repaired on every node, what had been stays, and both can be repaired again',
  SLOW,
  async () => {
    for (const table of [OPEN, ENDED]) await repair(table);
    const id = await withPorts(
      subject,
      () => ({}),
      async (ports) => {
        const session = await ports.cql.open(await ports.datacenters.find([]));
        const ids = await session.tableIds();
        await session.close();
        return ids.get(`${KEYSPACE}.${OPEN}`) ?? '';
      },
    );
    let tag = '';
    const repairs = async () => [{ id: 'open', tables: [id], ended: false }];
    await warningsOf(subject, { repairs }, async (ports: Ports) => {
      ({ tag } = await beforeBackup(ports, { ...OPTIONS, abandonAfterMs: undefined }));
    });
    for (const node of subject.cluster.nodes)
      for (const table of [OPEN, ENDED])
        assert.ok((await saved(node, table, tag)).every(saysRepaired), `${table} on ${node.name}`);
    await subject.changeSome();
    const { status, stderr } = await subject.kassette('after-restore');
    assert.equal(status, 0, stderr);
    assert.match(stderr, new RegExp(`warning: "${KEYSPACE}"\\."${OPEN}": nodes may disagree`));
    for (const node of subject.cluster.nodes) {
      assert.ok(!(await live(node, OPEN)).some(saysRepaired), `${OPEN} on ${node.name}`);
      assert.ok((await live(node, ENDED)).every(saysRepaired), `${ENDED} on ${node.name}`);
    }
    await subject.assertRestored();
    await repair(OPEN);
  },
);

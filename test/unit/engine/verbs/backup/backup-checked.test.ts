import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSameRing } from '../../../../../src/domain/backup/backup-fit.ts';
import type { Cluster } from '../../../../../src/domain/cluster/ring.ts';
import type { RingMember } from '../../../../../src/domain/cluster/topology.ts';
import { afterBackup } from '../../../../../src/engine/verbs/after-backup.ts';
import { afterRestore } from '../../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import { OPTIONS } from '../../../support/restorable-cluster.ts';
import { worldWithTable } from '../../../support/world-with-table.ts';

// A backup is complete only if a restore would take it; and the datacenter's name is one notion, whatever the object is called.

/** A simulated cluster of two nodes whose datacenter's object is called `dc0`; `seen` changes what gossip says, `read` what is read back. */
function clusterWith() {
  const world = worldWithTable();
  const ports = world.ports();
  const marked: string[] = [];
  const written: string[] = [];
  let readBack = 0;
  const faults = {
    seen: (member: RingMember): RingMember => member,
    remnants: [] as readonly RingMember[],
    files: (count: number): number => count,
  };
  const control: Ports['control'] = {
    ...ports.control,
    endpoints: async (node) => [
      ...(await ports.control.endpoints(node)).map((m) => faults.seen(m)),
      ...faults.remnants,
    ],
    schemaVersions: async (node) => {
      const versions = await ports.control.schemaVersions(node);
      const unreachable = faults.remnants.map((m) => m.address);
      return unreachable.length === 0 ? versions : new Map([...versions, ['UNREACHABLE', unreachable]]);
    },
  };
  const volumes: Ports['volumes'] = {
    ...ports.volumes,
    read: async (node, tag) => {
      if (written.length === 2) readBack++;
      const contents = await ports.volumes.read(node, tag);
      const parts = contents.parts.map((p) => {
        const files = [...p.files];
        return { ...p, files: files.slice(0, faults.files(files.length)) };
      });
      return { ...contents, parts };
    },
    write: async (node, tag, files) => {
      written.push(node.name);
      await ports.volumes.write(node, tag, files);
    },
    complete: async (node, tag, marker) => {
      marked.push(node.name);
      await ports.volumes.complete(node, tag, marker);
    },
  };
  /** What of a backup is left in the volumes. */
  const left = () =>
    world.cluster.nodes.flatMap((n) => (world.cluster.hasFile(n, 'kassette') ? [n.name] : []));
  return { ports: { ...ports, control, volumes }, faults, marked, written, left, readBack: () => readBack };
}

const inMyDc = (member: RingMember): RingMember => ({ ...member, datacenter: 'My DC' });

test('a backup of a datacenter that Cassandra knows by another name is restored', async () => {
  const c = clusterWith();
  c.faults.seen = inMyDc;
  const { tag } = await beforeBackup(c.ports, OPTIONS);
  const { clusters } = await afterRestore(c.ports, { ...OPTIONS, timeoutMs: 60_000 });
  assert.deepEqual([clusters[0]?.outcome, clusters[0]?.tag], ['restored', tag]);
});

test('so is one of before, whose manifests hold the name of the object', async () => {
  const c = clusterWith();
  await beforeBackup(c.ports, OPTIONS);
  c.faults.seen = inMyDc;
  const { clusters } = await afterRestore(c.ports, OPTIONS);
  assert.equal(clusters[0]?.outcome, 'restored');
  const [node] = (await c.ports.datacenters.find([]))[0]?.nodes ?? [];
  const [member] = node === undefined ? [] : await c.ports.control.endpoints(node);
  assert.ok(node !== undefined && member !== undefined);
  const cluster = {
    nodes: [node],
    members: new Map([[node.name, member]]),
    others: [],
  } as unknown as Cluster;
  const { hostId, tokens, rack } = member;
  const sameRing = (datacenter: string) =>
    isSameRing(cluster, [{ where: 'v', head: { node: { datacenter, hostId, tokens, rack } } } as never]);
  assert.deepEqual(['dc0', 'My DC', 'other'].map(sameRing), [true, true, false]);
});

test('nor is one taken that is of another datacenter', async () => {
  const c = clusterWith();
  c.faults.seen = inMyDc;
  await beforeBackup(c.ports, OPTIONS);
  c.faults.seen = (member) => ({ ...member, datacenter: 'other' });
  await assert.rejects(afterRestore(c.ports, OPTIONS), {
    code: 'WRONG_CLUSTER',
    message: /it is of datacenter `My DC`, this is `other`/,
  });
});

test('where tokens have moved since the snapshots, no marker is written and all is undone', async () => {
  const c = clusterWith();
  c.faults.seen = (member) => (c.written.length < 2 ? member : { ...member, tokens: ['moved'] });
  await assert.rejects(beforeBackup(c.ports, OPTIONS), {
    code: 'WRONG_CLUSTER',
    message:
      /^A restore would refuse the backup that was just made: .* its tokens are not those of the node\.$/,
    hint: /^No backup was made: what there was of it is undone\./,
  });
  assert.deepEqual([c.marked, c.left()], [[], []]);
});

test('nor where they move while the backup is looked at', async () => {
  const c = clusterWith();
  c.faults.seen = (member) => (c.readBack() < 2 ? member : { ...member, tokens: ['moved'] });
  await assert.rejects(beforeBackup(c.ports, OPTIONS), {
    code: 'WRONG_CLUSTER',
    message: /^A restore would refuse the backup that was just made: The tokens of \S+ have changed\.$/,
  });
  assert.deepEqual([c.marked, c.left()], [[], []]);
});

test('nor where a node is about to move', async () => {
  const c = clusterWith();
  c.faults.seen = (member) => (c.written.length < 2 ? member : { ...member, status: 'MOVING' });
  await assert.rejects(beforeBackup(c.ports, OPTIONS), { code: 'NODE_DOWN', message: /is MOVING/ });
  assert.deepEqual([c.marked, c.left()], [[], []]);
});

test('where tokens have moved while the volumes were copied, after-backup says that the copies may be of no use', async () => {
  const c = clusterWith();
  const { tag } = await beforeBackup(c.ports, OPTIONS);
  c.faults.seen = (member) => ({ ...member, tokens: ['moved'] });
  await assert.rejects(afterBackup(c.ports, OPTIONS), {
    code: 'WRONG_CLUSTER',
    message: new RegExp(
      `^Backup ${tag} is no longer whole: .* its tokens are not those of the node\\. The copies`,
    ),
  });
  assert.deepEqual(c.left(), []);
});

test('nor where a file of it is gone before the markers', async () => {
  const c = clusterWith();
  c.faults.files = (count) => (c.written.length < 2 ? count : count - 1);
  await assert.rejects(beforeBackup(c.ports, OPTIONS), { code: 'FILES_DAMAGED', message: /is missing/ });
  assert.deepEqual([c.marked, c.left()], [[], []]);
});

test('an old address that gossip still keeps hinders neither the backup nor the restore', async () => {
  const c = clusterWith();
  const [node] = (await c.ports.datacenters.find([]))[0]?.nodes ?? [];
  const [member] = node === undefined ? [] : await c.ports.control.endpoints(node);
  assert.ok(member !== undefined);
  const bare = { datacenter: '', hostId: '', tokens: [], status: '', alive: false, local: false };
  c.faults.remnants = [{ ...member, ...bare, address: '10.244.0.25' }];
  const { tag } = await beforeBackup(c.ports, OPTIONS);
  const { clusters } = await afterRestore(c.ports, OPTIONS);
  assert.deepEqual([clusters[0]?.outcome, clusters[0]?.tag], ['restored', tag]);
});

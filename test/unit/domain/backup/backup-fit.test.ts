import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkBelongs,
  checkWhole,
  type FoundHead,
  isSameRing,
} from '../../../../src/domain/backup/backup-fit.ts';
import type { Cluster } from '../../../../src/domain/cluster/ring.ts';
import type { RingMember } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { staged, unstaged } from '../../../../src/domain/transfer/staging.ts';
import { loadsOf } from '../../../../src/domain/transfer/transfer.ts';

const NODES = ['a', 'b', 'c'].map((name) => ({ name, datacenter: 'dc', rack: 'r', hostId: `id-${name}` }));

function part(name: string, change: Partial<FoundHead['head']> = {}): FoundHead {
  const node = NODES.find((n) => n.name === name) ?? assert.fail();
  return {
    where: `copy-of-${name}`,
    head: {
      tag: 'kassette-20260301T021500Z-1a2b',
      cluster: 'dse',
      node: { ...node, tokens: [`${name}1`, `${name}2`], gossipGeneration: 1 },
      nodes: NODES,
      cassandraVersion: '5.0.6',
      schemaSha256: 'x',
      schemaVersion: 'v',
      ...change,
    },
  };
}

function member(name: string, change: Partial<RingMember> = {}): RingMember {
  const common = { cluster: 'dse', datacenter: 'dc', rack: 'r', schemaVersion: 'v', status: 'NORMAL' };
  return {
    ...common,
    ...{ address: name, hostId: `id-${name}`, tokens: [`${name}2`, `${name}1`], releaseVersion: '5.0.6' },
    ...{ alive: true, local: false, ...change },
  };
}

function cluster(...members: readonly RingMember[]): Cluster {
  return {
    ...{ name: 'dse', datacenters: [], nodes: [], others: [], remnants: [], schemaVersion: 'v' },
    members: new Map(members.map((m) => [m.address, m])),
  };
}

function codeOf(work: () => void): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof KassetteError ? error.code : String(error);
  }
}

const ALL = [part('a'), part('b'), part('c')];

test('parts are one backup wherever they lie, and by what their manifests say alone', () => {
  assert.equal(
    codeOf(() => checkWhole(ALL.toReversed())),
    'none',
  );
  assert.equal(
    codeOf(() => checkWhole([part('a'), part('b')])),
    'BACKUP_INCOMPLETE',
  );
  assert.equal(
    codeOf(() => checkWhole([...ALL, { ...part('a'), where: 'again' }])),
    'WRONG_CLUSTER',
  );
  assert.equal(
    codeOf(() => checkWhole([...ALL.slice(1), part('a', { cluster: 'other' })])),
    'WRONG_CLUSTER',
  );
  assert.equal(
    codeOf(() => checkWhole([...ALL.slice(1), part('a', { schemaSha256: 'y' })])),
    'WRONG_CLUSTER',
  );
  const claiming = { ...part('a').head.node, tokens: ['b1'] };
  assert.equal(
    codeOf(() => checkWhole([part('a', { node: claiming }), part('b'), part('c')])),
    'WRONG_CLUSTER',
  );
});

test('it belongs to the cluster of its name whose Cassandra is not older', () => {
  assert.equal(
    codeOf(() => checkBelongs(cluster(member('a')), part('a'))),
    'none',
  );
  assert.equal(
    codeOf(() => checkBelongs(cluster(member('a')), part('a', { cluster: 'x' }))),
    'WRONG_CLUSTER',
  );
  const old = cluster(member('a', { releaseVersion: '4.1.9' }));
  assert.equal(
    codeOf(() => checkBelongs(old, part('a'))),
    'OLDER_CASSANDRA',
  );
});

test('the ring is the same with the same nodes, tokens and racks, and no other', () => {
  const same = ['a', 'b', 'c'].map((n) => member(n));
  assert(isSameRing(cluster(...same), ALL));
  assert(!isSameRing(cluster(...same, member('d')), ALL));
  assert(!isSameRing(cluster(...same.slice(1), member('a', { tokens: ['a1'] })), ALL));
  assert(!isSameRing(cluster(...same.slice(1), member('a', { hostId: 'id-new' })), ALL));
  assert(!isSameRing(cluster(...same.slice(1), member('a', { rack: 'r2' })), ALL));
});

test('what is staged can be told from what is not', () => {
  assert.equal(unstaged(staged('id-a', 'data/ks/t-1')), 'data/ks/t-1');
  assert.equal(unstaged('data/ks/t-1'), 'data/ks/t-1');
});

test('loads carry every missing byte once, small files together, big ones in pieces', () => {
  const file = (to: string, bytes: number) => ({ from: to, to, bytes, checksum: null });
  const files = [
    file('big', 25),
    file('small', 3),
    file('empty', 0),
    file('there', 7),
    file('half', 8),
    file('long', 2),
  ];
  const there = new Map([
    ['there', 7],
    ['half', 5],
    ['long', 9],
  ]);
  const loads = loadsOf(files, there, 10);
  for (const load of loads) assert(load.reduce((n, p) => n + p.bytes, 0) <= 10);
  const pieces = loads.flat().map((p) => [p.file.to, p.offset, p.bytes]);
  assert.deepEqual(pieces, [
    ['big', 0, 10],
    ['big', 10, 10],
    ['big', 20, 5],
    ['small', 0, 3],
    ['empty', 0, 0],
    ['half', 5, 2],
    ['half', 7, 1],
    ['long', 0, 2],
  ]);
});

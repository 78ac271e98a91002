import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import { awaitLoads } from '../../../../src/engine/cluster/running-loads.ts';
import { loadTable } from '../../../../src/engine/restore/load-table.ts';
import type { IndexBuild } from '../../../../src/ports/cql.ts';
import type { Outcome } from '../../../../src/ports/node-control.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const NODE = { name: 'n1' } as Node;
const OPTIONS = {
  ...{ datacenters: [], timeoutMs: 60_000, concurrency: 1, signal: new AbortController().signal },
  note() {},
};
const TABLE = { node: NODE, keyspace: 'ks', table: 't', directories: ['data/ks/t-1'], first: 1_000_000_000 };
const UNBUILT = { unbuilt: ['by_color'], progress: null };

interface Shown {
  /** Files that are not taken in. */
  readonly left?: number;
  readonly build?: IndexBuild;
}

/** A node that loads by itself, and what its management API answers to the first requests. */
function nodeWith(show: (seconds: number) => Shown, answers: Outcome[]) {
  const clock = fakeClock();
  const asked: number[] = [];
  const ports = {
    clock,
    progress: { warn() {} },
    control: {
      refresh: async () => {
        asked.push(clock.seconds());
        return answers.shift() ?? 'done';
      },
    },
    volumes: {
      notLoaded: async () => {
        const { left = 0 } = show(clock.seconds());
        return new Map(left === 0 ? [] : [['data/ks/t-1', left]]);
      },
      read: async () => ({ linkedFiles: show(clock.seconds()).left ?? 0 }),
    },
  } as unknown as Ports;
  const session = {
    indexBuilds: async () => {
      const { build } = show(clock.seconds());
      return new Map(build === undefined ? [] : [['ks.t', build]]);
    },
  } as unknown as Parameters<typeof loadTable>[1];
  return { ports, session, asked, clock };
}

test('a load that takes longer than the management API waits is followed to its end, and asked for no more than needed', async () => {
  const { ports, session, asked } = nodeWith(
    (s) => {
      if (s < 20) return { left: 100 - s };
      return s < 500 ? { build: { unbuilt: ['by_color'], progress: s } } : {};
    },
    ['underway'],
  );
  await loadTable(ports, session, TABLE, OPTIONS);
  assert.equal(asked.length, 2);
  assert.ok((asked[1] ?? 0) >= 500);
});

test('one without progress is given up, and the message does not guess', async () => {
  const { ports, session, asked } = nodeWith(() => ({ left: 8 }), ['underway', 'underway']);
  await assert.rejects(loadTable(ports, session, TABLE, OPTIONS), {
    code: 'TIMEOUT',
    message: 'n1 has begun to load "ks"."t" and shows no progress for 60 s.',
  });
  assert.equal(asked.length, 1);
});

test('an index that was broken before does not keep a load from being whole', async () => {
  const { ports, session, asked } = nodeWith(() => ({ build: UNBUILT }), ['underway']);
  await loadTable(ports, session, TABLE, OPTIONS);
  assert.equal(asked.length, 2);
});

const EMPTIED = { nodes: [NODE], tag: 'kassette-x', tables: [{ keyspace: 'ks', name: 't' }] };

test('no table is emptied while a node goes on loading it for a run that was killed', async () => {
  const { ports, session, clock } = nodeWith((s) => {
    if (s < 20) return { left: Math.ceil(20 - s) };
    return s < 90 ? { build: { unbuilt: ['by_color'], progress: s } } : {};
  }, []);
  await awaitLoads(ports, { ...EMPTIED, session, interrupted: true }, OPTIONS);
  assert.ok(clock.seconds() >= 90);
});

test('links that nobody loads any more are not waited for, nor indexes of other tables', async () => {
  const { ports, session, clock } = nodeWith(() => ({ left: 8 }), []);
  await awaitLoads(ports, { ...EMPTIED, session, interrupted: true }, OPTIONS);
  assert.ok(clock.seconds() < 10);
  const other = nodeWith(() => ({ build: { unbuilt: [], progress: 1 } }), []);
  const tables = [{ keyspace: 'ks', name: 'other' }];
  await awaitLoads(other.ports, { ...EMPTIED, tables, session: other.session, interrupted: false }, OPTIONS);
  assert.equal(other.clock.seconds(), 0);
});

test('a build without progress makes the restore refuse before anything is changed', async () => {
  const { ports, session } = nodeWith(() => ({ build: { unbuilt: ['x'], progress: 7 } }), []);
  await assert.rejects(awaitLoads(ports, { ...EMPTIED, session, interrupted: false }, OPTIONS), {
    code: 'TIMEOUT',
    hint: /changed nothing live/,
  });
});

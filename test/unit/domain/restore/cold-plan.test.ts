import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '../../../../src/domain/backup/manifest.ts';
import { planColdRestore } from '../../../../src/domain/restore/cold-plan.ts';

const KNOWS_OTHERS = ['peers', 'peers_v2', 'peer_events', 'peer_events_v2', 'repairs'];
const IS_ITSELF = ['local', 'paxos', 'built_views'];

test('elsewhere a node forgets the others and the repairs that it was in with them, and stays itself', () => {
  const tables = [...KNOWS_OTHERS, ...IS_ITSELF].map((name) => ({
    ...{ keyspace: 'system', name, id: name },
    parts: [{ directory: `data/system/${name}-0`, files: [{ name: 'nb-1-big-Data.db', bytes: 1 }] }],
  }));
  const manifest = { tag: 't', cluster: 'c', node: { name: 'n' }, tables } as unknown as Manifest;
  const live = { tables: [], transient: [], bare: [] };
  const linked = (elsewhere: boolean) =>
    planColdRestore(manifest, live, { elsewhere }).links.map(([, to]) => to.split('/')[2]?.slice(0, -2));
  assert.deepEqual(linked(false), [...KNOWS_OTHERS, ...IS_ITSELF]);
  assert.deepEqual(linked(true), IS_ITSELF);
  const { forgets } = planColdRestore(manifest, live, { elsewhere: true });
  assert.deepEqual(
    forgets,
    KNOWS_OTHERS.map((name) => `system.${name}`),
  );
});

const INDEXED = {
  ...{ keyspace: 'shop', name: 'orders', id: '2', repairing: false },
  parts: [
    {
      directory: 'data/shop/orders-2',
      files: ['.by_text/nb-1-big-Data.db', 'nb-1-big-Data.db'].map((name) => ({ name, bytes: 1 })),
    },
  ],
};
const BUILT = {
  ...{ keyspace: 'system', name: 'IndexInfo', id: '3', repairing: false },
  parts: [{ directory: 'data/system/IndexInfo-3', files: [{ name: 'nb-1-big-Data.db', bytes: 1 }] }],
};

test('an index that may know of other rows than its table comes without files and without what calls it built', () => {
  const planOf = (indexesToRebuild: readonly string[] | undefined, tables: readonly object[]) => {
    const node = { name: 'n' };
    const manifest = { tag: 't', cluster: 'c', node, tables, indexesToRebuild } as unknown as Manifest;
    const plan = planColdRestore(manifest, { tables: [], transient: [], bare: [] }, { elsewhere: false });
    return [plan.links.map(([, to]) => to), plan.forgets];
  };
  const [index, orders, info] = [
    'data/shop/orders-2/.by_text/nb-1-big-Data.db',
    'data/shop/orders-2/nb-1-big-Data.db',
    'data/system/IndexInfo-3/nb-1-big-Data.db',
  ];
  const rebuilt = [[orders], ['system.IndexInfo']];
  assert.deepEqual(planOf([], [INDEXED, BUILT]), [[index, orders, info], []]);
  assert.deepEqual(planOf(['"shop"."by_text"'], [INDEXED, BUILT]), rebuilt);
  // An older backup does not say.
  assert.deepEqual(planOf(undefined, [INDEXED, BUILT]), rebuilt);
  assert.deepEqual(planOf(undefined, [BUILT]), [[info], []]);
});

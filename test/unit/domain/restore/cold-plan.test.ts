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

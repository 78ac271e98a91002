import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStatus } from '../../../../src/cli/render/status.ts';
import { renderMarker } from '../../../../src/domain/backup/manifest.ts';
import { openingOf } from '../../../../src/domain/backup/opening.ts';
import type { KassetteError } from '../../../../src/domain/errors.ts';
import { healthyClusters } from '../../../../src/engine/cluster/clusters.ts';
import { withSessions } from '../../../../src/engine/cluster/sessions.ts';
import { afterBackup } from '../../../../src/engine/verbs/after-backup.ts';
import { status } from '../../../../src/engine/verbs/status.ts';
import { refuseIfAwaitingRestore } from '../../../../src/engine/volumes/leftovers.ts';
import { surveyAll } from '../../../../src/engine/volumes/surveys.ts';
import { emptyNode } from '../../../simulation/cluster/cassandra.ts';
import { OPTIONS, RestorableCluster, TAG } from '../../support/restorable-cluster.ts';

// Whether a policy's hook may remove a backup that was restored cold.

async function restoredCold(): Promise<RestorableCluster> {
  const c = new RestorableCluster();
  await c.restoreCold();
  return c;
}

async function hook({ ports }: RestorableCluster, datacenters: readonly string[] = []): Promise<void> {
  const options = { ...OPTIONS, datacenters };
  await withSessions(ports, await healthyClusters(ports, options), async ([connected]) => {
    if (connected === undefined) throw new Error('no cluster');
    const surveys = await surveyAll(ports, connected.cluster.nodes, 2);
    await refuseIfAwaitingRestore(ports, connected, surveys, options);
  });
}

test('restored cold on all volumes before the nodes were started, the backup is in the live files', async () => {
  await hook(await restoredCold());
});

test('it is needed while a node was started early, or the schema is not the saved one, or a part is not looked at', async () => {
  const early = await restoredCold();
  early.world.cluster.state.nodes['n-dc1'] = { ...emptyNode(1) };
  await assert.rejects(hook(early), { code: 'RESTORE_PENDING', message: /n-dc1 was started before all/ });
  const altered = await restoredCold();
  altered.world.cluster.change("CREATE KEYSPACE more WITH replication = {'class': 'SimpleStrategy'}");
  await assert.rejects(hook(altered), {
    code: 'RESTORE_PENDING',
    message: /keyspace "more"\."more" is not as/,
  });
  const missing = await restoredCold();
  missing.world.cluster.change('DROP KEYSPACE IF EXISTS "lost"');
  await assert.rejects(hook(missing), {
    code: 'RESTORE_PENDING',
    message: /keyspace "lost"\."lost" is not as/,
  });
  await assert.rejects(hook(await restoredCold(), ['dc1']), {
    code: 'RESTORE_PENDING',
    message: /does not cover/,
  });
});

const OLDER = 'kassette-20260201T021500Z-1a2b';

/** Volumes of which each came from another restore point: n-dc1 has one backup, n-dc2 another. */
function mixed(): RestorableCluster {
  const c = new RestorableCluster();
  const [, second] = c.nodes;
  if (second !== undefined) c.rename(second, OLDER);
  return c;
}

/** Nodes that still have something of a backup. */
const holders = ({ nodes, world }: RestorableCluster) =>
  nodes.filter((n) => world.cluster.hasFile(n, 'kassette')).length;

test('of volumes of different restore points no backup is named as one to restore, but one command gives all up', async () => {
  await assert.rejects(hook(mixed()), (error: KassetteError) => {
    assert.equal(error.code, 'RESTORE_PENDING');
    assert.ok(
      error.message.endsWith(`${OLDER} is not complete on n-dc1; ${TAG} is not complete on n-dc2.`),
      error.message,
    );
    assert.doesNotMatch(error.hint, /after-restore --tag/);
    assert.match(error.hint, /None of them can be restored: .*`kassette after-backup --incomplete`/);
    return true;
  });
  const given = mixed();
  const { removed } = await afterBackup(given.ports, { ...OPTIONS, incomplete: true });
  assert.deepEqual(removed, [OLDER, TAG]);
  assert.equal(holders(given), 0);
  // What can be restored is not among them.
  const whole = new RestorableCluster();
  assert.deepEqual((await afterBackup(whole.ports, { ...OPTIONS, incomplete: true })).removed, []);
  assert.equal(holders(whole), 2);
});

test('the hint of a backup that is complete on every node names both ways out', async () => {
  const c = new RestorableCluster();
  await assert.rejects(hook(c), {
    code: 'RESTORE_PENDING',
    message: `The volumes of c hold backup ${TAG}, and all nodes were restarted since, as after a restore of the volumes.`,
    hint: `Nothing was changed. Run \`kassette after-restore --tag ${TAG}\` to restore it, or \`kassette after-backup --tag ${TAG}\` to give it up; then back up again.`,
  });
});

test('ways of after-backup that contradict each other are refused', async () => {
  const { ports } = new RestorableCluster();
  for (const wrong of [
    { failed: true, close: true },
    { incomplete: true, tag: TAG },
  ])
    await assert.rejects(afterBackup(ports, { ...OPTIONS, ...wrong }), { code: 'USAGE' });
});

test('status says since when a backup is open, and from when it is abandoned', async () => {
  const simulated = new RestorableCluster();
  const open = async () => (await status(simulated.ports, OPTIONS)).clusters[0]?.backups[0]?.open;
  const [since, abandonedAt] = ['2026-03-01T02:15:00.000Z', '2026-03-01T14:15:00.000Z'];
  const marker = renderMarker(
    TAG,
    { sha256: '' },
    openingOf(new Date(since), 12 * 3_600_000, { run: 'a', hook: true }, []),
  );
  // Earlier releases did not say so.
  simulated.put(`${TAG}/complete`, renderMarker(TAG, { sha256: '' }));
  assert.deepEqual(await open(), { since, abandonedAt: '2026-03-02T02:15:00.000Z', run: null });
  simulated.put(`${TAG}/complete`, marker);
  assert.deepEqual(await open(), { since, abandonedAt, run: 'a' });
  const { text } = renderStatus(await status(simulated.ports, OPTIONS));
  assert.match(text, new RegExp(`complete, .* open since ${since} by run a, abandoned at ${abandonedAt}`));
  simulated.put(`${TAG}/cold.json`, '{}');
  assert.equal(await open(), null);
});

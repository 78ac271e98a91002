import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthyClusters } from '../../src/commands/observe/clusters.ts';
import { refuseIfAwaitingRestore } from '../../src/commands/observe/leftovers.ts';
import { withSessions } from '../../src/commands/observe/sessions.ts';
import { surveyAll } from '../../src/commands/observe/surveys.ts';
import { FakeCluster, OPTIONS, SCHEMA } from './fake-cluster.ts';

// Whether a policy's hook may remove a backup that was restored cold.

function restoredCold(): FakeCluster {
  const c = new FakeCluster();
  for (const { name } of c.nodes) c.restoreCold(name);
  return c;
}

async function hook({ ports }: FakeCluster, datacenters: readonly string[] = []): Promise<void> {
  const options = { ...OPTIONS, datacenters };
  await withSessions(ports, await healthyClusters(ports, options), async ([connected]) => {
    if (connected === undefined) throw new Error('no cluster');
    const surveys = await surveyAll(ports, connected.cluster.nodes, 2);
    await refuseIfAwaitingRestore(ports, connected, surveys, options);
  });
}

test('restored cold on all volumes before the nodes were started, the backup is in the live files', async () => {
  await hook(restoredCold());
});

test('it is needed while a node was started early, or the schema is not the saved one, or a part is not looked at', async () => {
  const early = restoredCold();
  early.generations.set('n-dc1', 1);
  await assert.rejects(hook(early), { code: 'RESTORE_PENDING', message: /n-dc1 was started before all/ });
  const altered = restoredCold();
  altered.liveSchema = [SCHEMA, SCHEMA.replaceAll('ks', 'more')];
  await assert.rejects(hook(altered), {
    code: 'RESTORE_PENDING',
    message: /keyspace "more"\."more" is not as/,
  });
  const missing = restoredCold();
  missing.liveSchema = [];
  await assert.rejects(hook(missing), { code: 'RESTORE_PENDING', message: /keyspace "ks"\."ks" is not as/ });
  await assert.rejects(hook(restoredCold(), ['dc1']), { code: 'RESTORE_PENDING', message: /does not cover/ });
});

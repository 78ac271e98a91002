import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { renderRecover } from '../../../../src/cli/render/recover.ts';
import { renderAfterRestore } from '../../../../src/cli/render/restore.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { coldText } from '../../../../src/engine/cold/cold-summary.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { recover } from '../../../../src/engine/verbs/recover.ts';
import { OPTIONS, RestorableCluster, TAG } from '../../support/restorable-cluster.ts';

// A cold restore is reported as what it is: what was done, by whom, and when.

const COLD = { ...OPTIONS, method: 'cold' as const };
const byThisRun = (at = '') => `all 2 volumes were restored cold, until ${at}, by this run`;

test('one that this run made is `restored`, with its numbers, and an event', async () => {
  const { ports, told, nodes, world } = new RestorableCluster();
  const snapshots = nodes.flatMap((n) => world.cluster.at(n).snapshotsOf(TAG)).flatMap((d) => readdirSync(d));
  const files = snapshots.filter((name) => name.includes('-big-')).length;
  const result = await afterRestore(ports, COLD);
  const [only] = result.clusters;
  assert.deepEqual([result.method, only?.outcome, only?.why], ['cold', 'restored', null]);
  const { restoredAt = '', ...by } = only?.cold ?? {};
  assert.deepEqual(by, { volumes: 2, byThisRun: 2 });
  assert.deepEqual([only?.files, (only?.bytesLinked ?? 0) > 0], [files, true]);
  assert.deepEqual(told, [
    `RestoreStarted: Cassandra is stopped, and its volumes are restored cold from backup ${TAG}.`,
    `RestoreFinished: The data are those of backup ${TAG}. A${byThisRun(restoredAt).slice(1)}.`,
  ]);
  const { text, outputs } = renderAfterRestore(result);
  const how = byThisRun(restoredAt);
  assert.ok(text.startsWith(`c is as it was in backup ${TAG}: ${how}; 5 tables, ${files} files`), text);
  assert.equal(outputs?.['outcome'], 'restored');
  assert.doesNotMatch(text, /nothing was changed/);
});

test('recover says the same', async () => {
  const result = await recover(new RestorableCluster().ports, OPTIONS);
  const how = byThisRun(result.clusters[0]?.cold?.restoredAt);
  const { text } = renderRecover(result);
  assert.ok(text.includes(`c is as it was in backup ${TAG}: ${how}`), text);
});

test('one that an earlier run made is `finished` by this one, with an event', async () => {
  const c = new RestorableCluster();
  await c.restoreCold();
  const { ports, told } = c;
  const result = await afterRestore(ports, OPTIONS);
  assert.equal(result.clusters[0]?.outcome, 'finished');
  assert.match(told.join(), /^RestoreFinished: .* by an earlier run\.$/);
  assert.match(renderAfterRestore(result).text, /restored cold, until .*, by an earlier run;/);
});

test('where what follows it fails, neither the event nor the hint says that nothing was changed', async () => {
  const c = new RestorableCluster();
  const { ports, told } = c;
  const failing = new KassetteError(
    'WRONG_CLUSTER',
    'It is another ring.',
    'Nothing was changed. Look at it.',
  );
  const survey = async () => Promise.reject(failing);
  await assert.rejects(recover({ ...ports, volumes: { ...ports.volumes, survey } }, OPTIONS), {
    code: 'WRONG_CLUSTER',
    message: 'It is another ring.',
    hint: `This run restored 2 volumes cold from backup ${TAG} and started Cassandra. Look at it.`,
  });
  assert.equal(
    told.at(-1),
    'RestoreFailed: This run restored the volumes cold, and then failed: It is another ring.',
  );
});

test('a cold restore that fails on the way is told, and one that changed no volume as that', async () => {
  for (const [call, says] of [
    ['clean n-dc2', /^RestoreFailed: Volumes may be changed: no space$/],
    ['look n-dc2', /^RestoreRefused: This run changed no volume: no space$/],
  ] as const) {
    const c = new RestorableCluster();
    c.before = (what) => {
      if (what === call) throw new Error('no space');
    };
    const { ports, told } = c;
    await assert.rejects(recover(ports, OPTIONS), /no space/);
    assert.match(told.at(-1) ?? '', says);
  }
});

test('who did it is told exactly', () => {
  const at = { restoredAt: 'T', volumes: 3 };
  assert.match(coldText({ ...at, byThisRun: 3 }), /all 3 volumes .*, by this run$/);
  assert.match(coldText({ ...at, byThisRun: 1 }), /, 1 by this run, the others by an earlier one$/);
  assert.match(coldText({ restoredAt: 'T', volumes: 1, byThisRun: 1 }), /^the volume was restored cold/);
});

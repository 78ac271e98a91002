import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderRecover } from '../../src/cli/render/recover.ts';
import { renderAfterRestore } from '../../src/cli/render/restore.ts';
import { afterRestore } from '../../src/commands/after-restore/after-restore.ts';
import { recover } from '../../src/commands/recover/recover.ts';
import { coldText } from '../../src/commands/restore/cold-summary.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { FakeCluster, OPTIONS, RESTORED_AT, TAG } from './fake-cluster.ts';

// A cold restore is reported as what it is: what was done, by whom, and when.

function reporting(c: FakeCluster): { readonly ports: Ports; readonly told: string[] } {
  const told: string[] = [];
  const tell = async (_: unknown, reason: string, what: string) => void told.push(`${reason}: ${what}`);
  return { ports: { ...c.ports, events: { tell } }, told };
}

const COLD = { ...OPTIONS, method: 'cold' as const };
const BY_THIS_RUN = `all 2 volumes were restored cold, until ${RESTORED_AT}, by this run`;

test('one that this run made is «restored», with its numbers, and an event', async () => {
  const { ports, told } = reporting(new FakeCluster());
  const result = await afterRestore(ports, COLD);
  const [only] = result.clusters;
  assert.deepEqual([result.method, only?.outcome, only?.why], ['cold', 'restored', null]);
  assert.deepEqual(only?.cold, { restoredAt: RESTORED_AT, volumes: 2, byThisRun: 2 });
  assert.deepEqual([only?.files, only?.bytesLinked], [16, 200]);
  assert.deepEqual(told, [
    `RestoreStarted: Cassandra is stopped, and its volumes are restored cold from backup ${TAG}.`,
    `RestoreFinished: The data are those of backup ${TAG}. A${BY_THIS_RUN.slice(1)}.`,
  ]);
  const { text, outputs } = renderAfterRestore(result);
  assert.ok(text.startsWith(`c is as it was in backup ${TAG}: ${BY_THIS_RUN}; 1 tables, 16 files`), text);
  assert.equal(outputs?.['outcome'], 'restored');
  assert.doesNotMatch(text, /nothing was changed/);
});

test('recover says the same', async () => {
  const { ports } = reporting(new FakeCluster());
  const { text } = renderRecover(await recover(ports, OPTIONS));
  assert.ok(text.includes(`c is as it was in backup ${TAG}: ${BY_THIS_RUN}`), text);
});

test('one that an earlier run made is «finished» by this one, with an event', async () => {
  const c = new FakeCluster();
  for (const { name } of c.nodes) c.restoreCold(name);
  const { ports, told } = reporting(c);
  const result = await afterRestore(ports, OPTIONS);
  assert.equal(result.clusters[0]?.outcome, 'finished');
  assert.match(told.join(), /^RestoreFinished: .* by an earlier run\.$/);
  assert.match(renderAfterRestore(result).text, /restored cold, until .*, by an earlier run;/);
});

test('where what follows it fails, neither the event nor the hint says that nothing was changed', async () => {
  const c = new FakeCluster();
  const { ports, told } = reporting(c);
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
    const c = new FakeCluster();
    c.before = (what) => {
      if (what === call) throw new Error('no space');
    };
    const { ports, told } = reporting(c);
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

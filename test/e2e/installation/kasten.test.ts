import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { Client } from 'cassandra-driver';
import { compareData } from '../../../lab/dataset/compare/compare.ts';
import { type DataRecord, recordData } from '../../../lab/dataset/compare/record.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import { doctorAsPod, doctorOutside, seedMistakes } from '../support/kassette/doctor.ts';
import { KASTEN, serveKastenKinds } from '../support/kasten/kasten-kinds.ts';
import { runBackup, runBound, runRestore } from '../support/kasten/kasten-runs.ts';
import {
  backUpVolumes,
  destroy,
  forget,
  type NamespaceBackup,
  restoreVolumes,
} from '../support/volumes/volume-snapshots.ts';

// A backup and a restore driven by nothing but the committed files, each hook a pod as Kanister makes it.
const bed = sharedBed();
const datacenter = new TestDatacenter(bed, { version: RELEASE, size: 1 });
const { namespace } = datacenter;
const POLICY = 'cassandra-cass-operator';
const BINDING = 'cassandradatacenter-bp-binding';
let client: Client;
let copies: NamespaceBackup;

before(async () => {
  await serveKastenKinds(bed);
  for (const file of ['kassette.yaml', 'policy.yaml']) await applyFile(file);
  await datacenter.create();
  client = await datacenter.connect();
  await client.execute(
    "CREATE KEYSPACE restaurants WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  );
  await client.execute('CREATE TABLE restaurants.guests (id int PRIMARY KEY, firstname text)');
  for (let id = 0; id < 50; id++)
    await client.execute(`INSERT INTO restaurants.guests (id, firstname) VALUES (${id}, 'guest ${id}')`);
});

after(async () => {
  await client?.shutdown();
  // Unlike what a file behind it needs, it would only take the processor away.
  await datacenter.delete();
});

const applyFile = (file: string) =>
  bed.kubectl(['apply', '-f', '-'], { input: readFileSync(`deploy/${file}`, 'utf8') });

async function tagsInVolumes(): Promise<string> {
  const [pod] = await datacenter.pods();
  const script = 'ls /var/lib/cassandra/kassette 2> /dev/null || true';
  return (
    await datacenter.kubectl('exec', pod?.name ?? '', '-c', 'cassandra', '--', 'sh', '-c', script)
  ).trim();
}

test('a backup that fails after its hook is undone by the failure hook', async () => {
  const failing = runBackup(bed, POLICY, async () => {
    assert.match(await tagsInVolumes(), /^kassette-/m);
    throw new Error('no snapshot today');
  });
  await assert.rejects(failing, /no snapshot today/);
  assert.doesNotMatch(await tagsInVolumes(), /^kassette-/m);
});

test('the policy backs up, the restore restores: the rows are those of the backup, the outputs say so', async () => {
  const recorded: DataRecord = await recordData(client);
  const { before: made, after: removed } = await runBackup(bed, POLICY, async () => {
    // Between the hook and the copies clients go on writing.
    await client.execute("UPDATE restaurants.guests SET firstname = 'newer' WHERE id = 1");
    await client.execute('DELETE FROM restaurants.guests WHERE id = 2');
    const { artifacts } = await runBound(bed, BINDING, 'backup', datacenter);
    assert.deepEqual(artifacts, { cassandraCloudDump: { keyValue: { madeBy: 'kassette' } } });
    copies = await backUpVolumes(datacenter);
  });
  const outputs = made?.outputs['beforeBackup'] ?? {};
  assert.match(outputs['tag'] ?? '', /^kassette-\d{8}T\d{6}Z-[0-9a-f]{4}$/);
  for (const key of ['skewMs', 'tables', 'bytes', 'seconds']) assert.ok(Number(outputs[key]) >= 0, key);
  assert.equal(removed?.outputs['afterBackup']?.['removed'], outputs['tag']);
  await client.shutdown();
  await destroy(datacenter);

  const name = await createRestore();
  const { after: restored } = await runRestore(bed, name, namespace, async () => {
    await restoreVolumes(copies, datacenter);
    await datacenter.apply();
  });
  const { tag, outcome, tables } = restored?.outputs['afterRestore'] ?? {};
  assert.deepEqual([tag, outcome], [outputs['tag'], 'restored']);
  assert.ok(Number(tables) >= 1);
  client = await datacenter.connect();
  const comparison = compareData(recorded, await recordData(client));
  assert.ok(comparison.identical && comparison.rows >= 50);
  await forget(copies, datacenter);
});

/** Of deploy/restore.yaml, for the restore point that Kasten would have made. */
async function createRestore(): Promise<string> {
  const metadata = { name: 'point-1', namespace };
  await bed.apply([{ apiVersion: 'apps.kio.kasten.io/v1alpha1', kind: 'RestorePoint', metadata }]);
  const yaml = readFileSync('deploy/restore.yaml', 'utf8').replace('RESTORE-POINT', 'point-1');
  const created = await bed.kubectl(['create', '-o', 'name', '-f', '-'], { input: yaml });
  return created.trim().split('/')[1] ?? '';
}

test('doctor finds nothing on a right set-up, from outside and as a pod with the generated rights', async () => {
  for (const { status, checks } of [await doctorOutside(datacenter), await doctorAsPod(datacenter)]) {
    assert.deepEqual(
      checks.flatMap((c) => c.findings.map((f) => f.message)),
      [],
    );
    assert.equal(status, 0);
  }
});

test('and every mistake that is made in it', async () => {
  const { expected, undo } = await seedMistakes(datacenter);
  try {
    const { status, checks } = await doctorOutside(datacenter);
    const messages = checks.flatMap((c) => c.findings.map((f) => f.message));
    for (const says of expected)
      assert.ok(
        messages.some((m) => says.test(m)),
        `${says}\n${messages.join('\n')}`,
      );
    assert.equal(status, 41);
  } finally {
    await undo();
  }
});

test('a blueprint that is bound to the datacenters does the same without hooks', async () => {
  await bed.kubectl(['--namespace', KASTEN, 'delete', 'blueprintbindings', BINDING]);
  await applyFile('datacenter-bound-bp.yaml');
  const bound = (action: string) => runBound(bed, 'kassette-datacenter-bp-binding', action, datacenter);
  const recorded = await recordData(client);
  const { outputs } = await bound('backupPrehook');
  await client.execute('TRUNCATE restaurants.guests');
  const restored = await bound('restorePosthook');
  assert.equal(restored.outputs['restorePosthook']?.['tag'], outputs['backupPrehook']?.['tag']);
  assert.ok(compareData(recorded, await recordData(client)).identical);
  await bound('backupPrehook');
  await bound('backupPosthook');
  assert.doesNotMatch(await tagsInVolumes(), /^kassette-/m);
});

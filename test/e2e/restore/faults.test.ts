import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'cassandra-driver';
import { load } from '../../../lab/dataset/load.ts';
import { generatedTables } from '../../../lab/dataset/schema/schema.ts';
import { rbac } from '../../../src/packaging/rbac.ts';
import { sharedBed } from '../support/bed.ts';
import { cuttingProxy } from '../support/cutting-proxy.ts';
import {
  afterBackup,
  afterRestore,
  beforeBackup,
  inPods,
  type NearRunner,
  outside,
  type Runner,
} from '../support/kassette/kassette.ts';
import { kassettePod, nextPodName } from '../support/kassette/kassette-pod.ts';
import { signalPodProcess } from '../support/kassette/pod-process.ts';
import { apiServer, serviceAccountKubeconfig } from '../support/kassette/service-account.ts';
import { assertSame, type Recorded, record } from '../support/proof.ts';
import { RING_SECRETS, sharedRing } from '../support/ring.ts';

// What goes wrong around a run. Each ends well, or with a clear error that leaves no backup behind and loses no data.
const bed = sharedBed();
const datacenter = sharedRing(bed);
const { namespace } = datacenter;
const dataset = generatedTables(60, { datacenter: datacenter.name, keyspace: 'faulty' });
const BY_ADDRESS = ['--cql-via', 'pod-address'];
let client: Client;
let recorded: Recorded;
let direct: NearRunner;

before(async () => {
  await datacenter.create();
  client = await datacenter.connect();
  const there = await client.execute("SELECT * FROM system_schema.keyspaces WHERE keyspace_name = 'faulty'");
  if (there.rowLength === 0) await load(client, dataset, datacenter.storage());
  recorded = await record(client, dataset);
  await grantTunnels();
  direct = outside(datacenter, await serviceAccountKubeconfig(bed, namespace), ...BY_ADDRESS);
});
after(() => client?.shutdown());
beforeEach(() => datacenter.ready());

/** The generated rights with those for tunnels; a pod's are without them. */
const grantTunnels = () =>
  bed.apply(rbac({ namespace, scope: 'namespace', secrets: RING_SECRETS, outside: true }));

const firstPod = async () => (await datacenter.pods())[0]?.name ?? '';

/** Deleted pods come back with another address; the client has to learn it. */
async function reconnect(back: () => Promise<void>): Promise<void> {
  await client.shutdown();
  await back();
  client = await datacenter.connect();
}

async function makeDirty(): Promise<void> {
  for (let i = 0; i < 60; i += 7) {
    const table = `faulty.table_${String(i).padStart(3, '0')}`;
    await client.execute(`INSERT INTO ${table} (id, value) VALUES (1, 'newer than the backup')`);
  }
}

async function assertNothingLeft(): Promise<void> {
  assert.match((await direct.run(['status'])).stdout, /no backup in the volumes/);
  for (const { name } of await datacenter.pods()) {
    const find = ['find', '/var/lib/cassandra', '-path', '*snapshots/kassette-*', '-print', '-quit'];
    assert.equal(await datacenter.kubectl('exec', name, '-c', 'cassandra', '--', ...find), '');
  }
}

/** A run during which the first pod is deleted; answers its status, and what it said. */
async function deletedAt(step: string, args: readonly string[]) {
  let back = async () => {};
  const run = await direct.pausedAt(step, [...args, '--timeout', '2m', '--output', 'json'], async () => {
    back = await datacenter.killPod(await firstPod());
    // Until what ran in it is gone, too.
    await sleep(3000);
  });
  await reconnect(back);
  const { ok, error } = JSON.parse(run.stdout) as { ok: boolean; error?: { hint: string } };
  assert.deepEqual([ok, run.status === 0], [false, false], run.lines.join('\n'));
  assert.ok(error?.hint);
}

test('a pod deleted during before-backup: it fails, and the next run is clean', async () => {
  await deletedAt('Flushing', ['before-backup']);
  const { tag } = await beforeBackup(direct);
  assert.deepEqual((await afterBackup(direct)).removed, [tag]);
  await assertNothingLeft();
  await assertSame(client, recorded);
});

test('a pod deleted during after-restore: run again, the data are those of the backup', async () => {
  const { tag } = await beforeBackup(direct);
  await makeDirty();
  await deletedAt('Truncating tables', ['after-restore']);
  const [restored] = (await afterRestore(direct, '--tag', tag)).clusters;
  assert.equal(restored?.outcome, 'restored');
  await assertSame(client, recorded);
  await assertNothingLeft();
});

test('the API server is started again in the middle of a backup and of a restore: both succeed', async () => {
  await inPods(datacenter);
  const name = nextPodName();
  const backup = kassettePod(bed, namespace, ['before-backup', '--output', 'json'], name);
  assert.ok(await hasSaid(name, 'Checking the nodes', backup));
  await bed.restartApiServer();
  const made = await backup;
  assert.equal(made.status, 0, made.stderr);
  const { tag } = (JSON.parse(made.stdout) as { result: { tag: string } }).result;
  await makeDirty();
  let restarted: Promise<void> | undefined;
  const { status, stdout, lines } = await direct.pausedAt(
    'Truncating tables',
    ['after-restore'],
    async () => {
      restarted = bed.restartApiServer();
      // A run that stands still for long loses its lease.
      await sleep(500);
    },
  );
  await restarted;
  assert.equal(status, 0, lines.join('\n'));
  assert.match(stdout, new RegExp(`is as it was in backup ${tag}: `));
  await assertSame(client, recorded);
  await grantTunnels();
});

test('connections to the API server, exec among them, cut off again and again: backup and restore succeed', async () => {
  const server = apiServer(bed);
  await using proxy = await cuttingProxy(server);
  const change = { server: `https://127.0.0.1:${proxy.port}`, 'tls-server-name': server.hostname };
  const kubeconfig = await serviceAccountKubeconfig(bed, namespace, change);
  const cut = outside(datacenter, kubeconfig, ...BY_ADDRESS);
  const cutting = async (work: Promise<unknown>) => {
    let cuts = 0;
    for (const at of [500, 150, 100, 250, 300]) {
      await sleep(at);
      cuts += proxy.cut();
    }
    assert.ok(cuts > 0);
    await work;
  };
  await cutting(beforeBackup(cut));
  await makeDirty();
  await cutting(afterRestore(cut));
  await assertSame(client, recorded);
  await assertNothingLeft();
});

test('the kassette pod is killed in the middle of a restore; the next one takes over and finishes', async () => {
  const pods = await inPods(datacenter);
  await grantTunnels();
  for (let attempt = 1; !(await killInTheMiddle(pods)); attempt++)
    assert.ok(attempt < 3, 'it always ended before');
  const [restored] = (await afterRestore(pods)).clusters;
  assert.ok(['restored', 'finished', 'unchanged'].includes(restored?.outcome ?? ''));
  await assertSame(client, recorded);
  await assertNothingLeft();
});

/** Back up, make dirty, and take a restore's pod away; false where the restore was quicker. */
async function killInTheMiddle(pods: Runner): Promise<boolean> {
  await beforeBackup(pods);
  await makeDirty();
  const name = nextPodName();
  const run = kassettePod(bed, namespace, ['after-restore'], name);
  const outcome = run.catch((error: unknown) => error);
  if (!(await hasSaid(name, 'Writing the journal', run))) return false;
  const now = ['--ignore-not-found', '--grace-period=0', '--force', '--wait=false'];
  await datacenter.kubectl('delete', 'pod', name, ...now);
  return (await outcome) instanceof Error;
}

/** Waits until a pod has told a step; false where it has ended by then. */
async function hasSaid(pod: string, step: string, run: Promise<unknown>): Promise<boolean> {
  const state = { running: true };
  const ended = () => {
    state.running = false;
  };
  run.then(ended, ended);
  while (state.running) {
    if ((await datacenter.kubectl('logs', pod).catch(() => '')).includes(step)) return state.running;
    await sleep(100);
  }
  return false;
}

test('two runs at once: the second is told who is at work', async () => {
  const [first, second] = await Promise.all([
    direct.run(['before-backup']),
    sleep(200).then(() => direct.run(['before-backup'])),
  ]);
  const statuses = [first.status, second.status];
  assert.ok(statuses.includes(0), first.stderr + second.stderr);
  // Where the first was done before the second had looked twice, the second meets an open backup.
  assert.ok(
    statuses.every((s) => s === 0 || s === 12 || s === 43),
    second.stderr,
  );
  await afterBackup(direct);
  await assertNothingLeft();
});

test('a pod that cannot be scheduled is named, with the reason', async () => {
  const [node] = (await bed.kubectl(['get', 'nodes', '-o', 'name'])).trim().split('\n');
  await bed.kubectl(['cordon', node ?? '']);
  let back = async () => {};
  try {
    assert.equal((await direct.run(['status'])).status, 0);
    const pod = await firstPod();
    back = await datacenter.killPod(pod);
    const why = '{.status.conditions[?(@.type=="PodScheduled")].reason}';
    const reason = ['get', 'pod', pod, '--ignore-not-found', '-o', `jsonpath=${why}`];
    const end = Date.now() + 120_000;
    while ((await datacenter.kubectl(...reason)) !== 'Unschedulable' && Date.now() < end) await sleep(500);
    const { status, stderr } = await direct.run(['before-backup', '--timeout', '5s']);
    assert.equal(status, 19, stderr);
    assert.ok(stderr.includes(`${pod}: not scheduled`), stderr);
  } finally {
    await bed.kubectl(['uncordon', node ?? '']);
  }
  await reconnect(back);
  await assertNothingLeft();
});

test('a management API that does not answer, and one that answers 500: a clear error, nothing left', async () => {
  const pod = await firstPod();
  signalPodProcess(pod, 'pod.mjs\0serve', 'SIGSTOP');
  try {
    const silent = await direct.run(['before-backup', '--timeout', '5s']);
    assert.ok([19, 20].includes(silent.status ?? 0), silent.stderr);
    assert.ok(silent.stderr.includes(pod), silent.stderr);
  } finally {
    signalPodProcess(pod, 'pod.mjs\0serve', 'SIGCONT');
  }
  await sleep(5000);
  await datacenter.ready();
  signalPodProcess(pod, 'kassette.Cassandra', 'SIGKILL');
  const answering500 = await direct.run(['before-backup', '--timeout', '3s']);
  assert.ok([19, 20, 21].includes(answering500.status ?? 0), answering500.stderr);
  await reconnect(await datacenter.killPod(pod));
  await assertNothingLeft();
  await assertSame(client, recorded);
});

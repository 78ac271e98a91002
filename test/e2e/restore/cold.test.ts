import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { lstatSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { Client } from 'cassandra-driver';
import { fillCommitLog, oldestSegment, truncate } from '../../../lab/damage.ts';
import { load } from '../../../lab/dataset/load.ts';
import { generatedTables } from '../../../lab/dataset/schema/schema.ts';
import { CASSANDRA_USER, cleanJob } from '../../../src/adapters/kubernetes/jobs/clean-job.ts';
import { cleanVolumeResult } from '../../cluster/support/results.ts';
import { killAfter } from '../../clusters/support/killed-program.ts';
import { SLOW } from '../../tiers.ts';
import { sharedBed } from '../support/bed.ts';
import { assertGivenUser } from '../support/kassette/given-user.ts';
import { afterRestore, beforeBackup, inPods, outside } from '../support/kassette/kassette.ts';
import { KASSETTE_IMAGE } from '../support/kassette/kassette-image.ts';
import { signalPodProcess } from '../support/kassette/pod-process.ts';
import { assertSame, type Recorded, record } from '../support/proof.ts';
import { sharedRing } from '../support/ring.ts';
import { backUpVolumes, destroy, forget, restoreVolumes } from '../support/volumes/volume-snapshots.ts';

// Volumes on which Cassandra does not start, restored by Jobs: claims alone, and a datacenter that is there.
const bed = sharedBed();
const datacenter = sharedRing(bed);
const { namespace } = datacenter;
const dataset = generatedTables(10, { datacenter: datacenter.name, keyspace: 'cold' });
const runner = outside(datacenter);
const image = ['--image', KASSETTE_IMAGE] as const;
let client: Client;
let recorded: Recorded;

before(async () => {
  await datacenter.create();
  client = await datacenter.connect();
  await load(client, dataset, datacenter.storage());
  recorded = await record(client, dataset);
}, SLOW);
after(() => client?.shutdown());

async function volumePaths(): Promise<readonly string[]> {
  const claims = (await datacenter.kubectl('get', 'pvc', '-o', 'jsonpath={.items[*].metadata.name}')).split(
    ' ',
  );
  const own = claims.filter((c) => c.startsWith(`server-data-${datacenter.cluster}`)).toSorted();
  const names = await Promise.all(own.map((c) => bed.volumes.ofClaim(namespace, c)));
  return names.map((n) => bed.volumes.path(n ?? ''));
}

/** All files of a volume that are not as Cassandra's own user has them. */
function strangers(path: string): readonly string[] {
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' });
  const { runAsUser, fsGroup } = CASSANDRA_USER;
  return all.filter((p) => {
    const { uid, gid } = lstatSync(join(path, p));
    return uid !== runAsUser || gid !== fsGroup;
  });
}

/** Every file and directory of a volume with its inode and the time at which it last changed in any way. */
function inventory(path: string): ReadonlyMap<string, string> {
  const all = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return new Map(
    all.map((p) => {
      const { ino, ctimeMs } = lstatSync(join(path, p));
      return [p, `${ino} ${ctimeMs}`] as const;
    }),
  );
}

/** A dry run by Jobs names every live file of every volume and every file of the backup, and touches none. */
async function assertDryRun(tag: string): Promise<void> {
  const paths = await volumePaths();
  const before = paths.map(inventory);
  const args = ['clean-volume', '--datacenter', datacenter.name, ...image, '--dry-run', '--output', 'json'];
  const run = await runner.run(args);
  assert.equal(run.status, 0, run.stderr);
  const volumes = cleanVolumeResult.array().parse(JSON.parse(run.stdout).result.volumes);
  assert.deepEqual(paths.map(inventory), before);
  for (const [i, path] of paths.entries()) {
    const { outcome, plan } = volumes[i] ?? {};
    assert.equal(outcome, 'planned');
    const files = [...(before[i]?.keys() ?? [])].filter((p) => lstatSync(join(path, p)).isFile());
    const isLive = (p: string) =>
      /^(data|hints|saved_caches|cdc_raw)\//.test(p) && !/\/(snapshots|backups)\//.test(p);
    assert.deepEqual(
      [...(plan?.moves ?? []), ...(plan?.empties ?? [])].toSorted(),
      files.filter(isLive).toSorted(),
    );
    const saved = files.filter((p) => p.includes(`/snapshots/${tag}/`) && p.endsWith('-Data.db'));
    const linked = plan?.links.map(([from]) => from).filter((p) => p.endsWith('-Data.db'));
    assert.deepEqual(linked?.toSorted(), saved.toSorted());
  }
}

/** What the Job says is what the command says, its refusal is the command's, and the Job is gone. */
async function assertFailsAlone(claim: string, tag: string): Promise<void> {
  const volume = bed.volumes.path((await bed.volumes.ofClaim(namespace, claim)) ?? '');
  const marker = join(volume, 'kassette', tag, 'complete');
  const away = `${marker}.away`;
  renameSync(marker, away);
  const { status, stderr } = await runner.run(['clean-volume', claim, ...image]);
  renameSync(away, marker);
  assert.equal(status, 31, stderr);
  assert.match(stderr, /^error BACKUP_INCOMPLETE \(exit status 31\): .*\nhint: Nothing was changed\. /m);
  assert.equal(await datacenter.kubectl('get', 'jobs', '-o', 'name'), '');
}

/** The most Jobs that there were at one moment while something went on. */
async function mostJobs<T>(work: Promise<T>): Promise<readonly [T, number]> {
  let most = 0;
  const running = { yet: true };
  work
    .finally(() => {
      running.yet = false;
    })
    .catch(() => {});
  while (running.yet) {
    const names = await datacenter.kubectl('get', 'jobs', '-o', 'name');
    most = Math.max(most, names.split('\n').filter((name) => name !== '').length);
  }
  return [await work, most];
}

const secondsSince = (start: number) => ((performance.now() - start) / 1000).toFixed(1);

test('the Job satisfies the pod security level `restricted`', async () => {
  const name = 'restricted';
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await bed.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
  const job = {
    name: 'x',
    namespace: name,
    image: KASSETTE_IMAGE,
    claim: 'c',
    args: [],
    readOnly: false,
    user: CASSANDRA_USER,
    pullSecrets: ['registry'],
  };
  const { spec } = cleanJob(job).spec.template;
  await bed.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: name }, spec }]);
  await bed.kubectl(['delete', 'namespace', name, '--wait=false']);
});

test(
  'claims alone: refused while a pod uses them, then all in parallel; the hook that follows changes nothing',
  SLOW,
  async () => {
    const { tag } = await beforeBackup(runner);
    await fillCommitLog(client, datacenter.name);
    const pods = await datacenter.pods();
    const used = await runner.run(['clean-volume', pods[0]?.claim ?? '', ...image]);
    assert.equal(used.status, 46, used.stderr);
    assert.match(used.stderr, new RegExp(`in use by pod ${pods[0]?.name}`));
    const copies = await backUpVolumes(datacenter);
    await client.shutdown();
    await destroy(datacenter);
    await restoreVolumes(copies, datacenter);
    for (const path of await volumePaths()) truncate(oldestSegment(path));
    await assertDryRun(tag);

    await assertFailsAlone(pods[0]?.claim ?? '', tag);
    await assertGivenUser(datacenter, runner, pods[0]?.claim ?? '');
    const launcher = join(import.meta.dirname, '../../../scripts/clean-up-launcher.sh');
    const one = [pods[0]?.claim ?? '', namespace, '--kubeconfig', bed.kubeconfig, ...image];
    const alone = performance.now();
    const { stdout } = await promisify(execFile)(launcher, one);
    const single = secondsSince(alone);
    assert.match(stdout, new RegExp(`is as it was in backup ${tag}.* 0 B copied`));
    const together = performance.now();
    const args = ['clean-volume', '--datacenter', datacenter.name, ...image, '--output', 'json'];
    const [all, jobs] = await mostJobs(runner.run(args));
    assert.equal(all.status, 0, all.stderr);
    console.log(`one volume by Jobs: ${single} s; three volumes: ${secondsSince(together)} s`);
    assert.equal(jobs, 3, 'all volumes at once');
    const volumes = cleanVolumeResult.array().parse(JSON.parse(all.stdout).result.volumes);
    assert.deepEqual(
      volumes.map((v) => v.outcome),
      ['unchanged', 'restored', 'restored'],
    );
    for (const path of await volumePaths()) assert.deepEqual(strangers(path), []);
    assert.equal(await datacenter.kubectl('get', 'jobs', '-o', 'name'), '');

    await datacenter.apply();
    await datacenter.ready();
    const restored = await afterRestore(runner);
    assert.deepEqual([restored.method, restored.clusters[0]?.outcome], ['warm', 'finished']);
    client = await datacenter.connect();
    await assertSame(client, recorded);
    await forget(copies, datacenter);
  },
);

test(
  'after-restore as a pod with the generated service account sees that a node does not start on its data, and goes cold',
  SLOW,
  async () => {
    const { tag } = await beforeBackup(runner);
    await fillCommitLog(client, datacenter.name);
    await client.shutdown();
    const [pod] = await datacenter.pods();
    const [path = ''] = await volumePaths();
    // Killed first: cass-operator's `preStop` hook drains, and a drained Cassandra needs no commit log.
    signalPodProcess(pod?.name ?? '', 'kassette.Cassandra', 'SIGKILL');
    truncate(oldestSegment(path));
    await datacenter.kubectl('delete', 'pod', pod?.name ?? '', '--grace-period=0', '--force', '--wait=false');
    // Killed when it has stopped the datacenter, as a hook's pod may be: the next run, a pod, goes on.
    const place = ['--kubeconfig', bed.kubeconfig, '--namespace', namespace];
    const hook = ['after-restore', '--recover', 'auto', '--timeout', '10m'];
    const told = await killAfter('Stopping the nodes', [...hook, ...image, ...place]);
    assert.match(told, /does not start because of a corrupt commit log: `/);
    // Nothing names an image there: the Jobs get the pod's own.
    const run = await (await inPods(datacenter)).run([...hook, '--output', 'json']);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /is stopped for a cold restore that has not ended\. It is continued\./);
    const left = await datacenter.kubectl('get', 'cassandradatacenters', '-o', 'yaml');
    assert.doesNotMatch(left, /kassette\/cold-restore/);
    const { result } = JSON.parse(run.stdout);
    assert.deepEqual(
      [result.method, result.clusters[0]?.outcome, result.clusters[0]?.tag],
      ['cold', 'restored', tag],
    );
    client = await datacenter.connect();
    await assertSame(client, recorded);
  },
);

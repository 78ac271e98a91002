import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { cloneJob, hostOf } from '../../../src/adapters/kubernetes/clones/clone-job.ts';
import { localShell } from '../../../src/adapters/node-shell/local-shell.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { orFull } from '../../../src/engine/tables/transfer/full.ts';
import { editManifest } from '../../cluster/support/contents/backup-files.ts';
import { SLOW } from '../../tiers.ts';
import { sharedBed } from '../support/bed.ts';
import { inPods, outside, type Runner } from '../support/kassette/kassette.ts';
import { sharedRing } from '../support/ring.ts';
import { ClonedShop, restoreFrom, SWAPPED, WHEN } from '../support/volumes/cloned-shop.ts';
import { dataFile, fingerprint, staged } from '../support/volumes/clones.ts';

// A table from clones of the volumes, as a Volume Clone Restore puts them beside the live claims.
const bed = sharedBed();
const datacenter = sharedRing(bed);
const runner = outside(datacenter);
let shop: ClonedShop;

before(async () => {
  shop = await ClonedShop.open(datacenter);
}, SLOW);
after(() => shop?.close(), SLOW);
afterEach(async () => {
  assert.equal(await ownPods(), '');
});

const ownPods = () =>
  datacenter.kubectl(
    'get',
    'jobs,pods',
    '-l',
    'app.kubernetes.io/component in (clone,clone-look)',
    '-o',
    'name',
  );

async function refuses(run: ReturnType<Runner['run']>, exit: number, message: RegExp): Promise<void> {
  const { status, stderr } = await run;
  assert.equal(status, exit, stderr);
  assert.match(stderr, message);
}

test('a pod that mounts a clone satisfies the pod security level `restricted`', async () => {
  const name = 'restricted-clones';
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await bed.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }]);
  const [pod] = await datacenter.pods();
  const host = hostOf(JSON.parse(await datacenter.kubectl('get', 'pod', pod?.name ?? '', '-o', 'json')));
  const live = { claim: 'l', mount: '/var/lib/cassandra', machine: 'nowhere' };
  const options = { name: 'x', namespace: name, component: 'x', host, clone: 'c', near: undefined, live };
  const spec = cloneJob(options).spec?.template.spec;
  await bed.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: name }, spec }]);
  await bed.kubectl(['delete', 'namespace', name, '--wait=false']);
});

test(
  'a dropped table comes back by a pod with the generated rights; clones stay as they are',
  SLOW,
  async () => {
    const untouched = await fingerprint(shop.clones);
    const pods = await inPods(datacenter);
    const verify = await pods.run(['verify', '--from', `clones:${WHEN}`, '--deep']);
    assert.equal(verify.status, 0, verify.stderr);
    await shop.client.execute('DROP TABLE "Shop"."Orders"');
    const { bytesCopied, bytesLinked, plan, told } = await shop.restore(pods, WHEN);
    assert.ok(
      bytesCopied > 900_000 && bytesCopied === bytesLinked && !plan.redistribute,
      `${bytesCopied} bytes`,
    );
    assert.match(told, /Mounting clones together with live volumes: 3 of 3/);
    assert.doesNotMatch(told, /stream/);
    await shop.assertSame();
    assert.equal(await fingerprint(shop.clones), untouched);
  },
);

test(
  'clones under wrong names, each for one pod at a time, go where their manifests belong',
  SLOW,
  async () => {
    const untouched = await fingerprint(shop.swapped);
    await shop.client.execute('TRUNCATE "Shop"."Orders"');
    const { told } = await shop.restore(runner, SWAPPED);
    assert.doesNotMatch(told, /stream/);
    await shop.assertSame();
    assert.equal(await fingerprint(shop.swapped), untouched);
  },
);

test('where no pod with both volumes can be had, files stream, and it is told why', SLOW, async () => {
  const { length: pods } = await datacenter.pods();
  const limit = pods + shop.clones.length;
  await datacenter.kubectl('create', 'quota', 'full', `--hard=pods=${limit}`);
  await datacenter.kubectl('wait', 'quota/full', `--for=jsonpath={.status.hard.pods}=${limit}`);
  try {
    await shop.client.execute('TRUNCATE "Shop"."Orders"');
    const { told } = await shop.restore(runner, WHEN, '--timeout', '30s');
    assert.equal(told.match(/files stream through kassette\. Job kassette-carry-/g)?.length, 3, told);
  } finally {
    await datacenter.kubectl('delete', 'quota', 'full');
  }
  await shop.assertSame();
});

test(
  'clones missing, of another cluster, or with a wrong byte are refused before anything live is changed',
  SLOW,
  async (t) => {
    const [first, second] = shop.swapped;
    assert.ok(first !== undefined && second !== undefined);
    const verify = (suffix: string) => runner.run(['verify', '--from', `clones:${suffix}`]);
    await refuses(verify('none-ends-so'), 47, /No claim in namespace .* ends with `none-ends-so`/);
    await refuses(verify(first.claim.slice('server-data'.length)), 31, /the parts of .*, .* are missing/);
    await t.test('of another cluster', async (t) => {
      const node = { name: first.claim, volume: first.path } as Parameters<typeof editManifest>[1];
      await editManifest(t, node, shop.tag, (m) => ({ ...m, cluster: 'other' }));
      await refuses(verify(SWAPPED), 35, /`other`/);
    });
    const path = await dataFile(second, shop.tag, 'Orders');
    const whole = readFileSync(path);
    writeFileSync(path, Buffer.from(whole).fill((whole[20] ?? 0) ^ 1, 20, 21));
    const damaged = new RegExp(`The backup on ${second.claim} is damaged: .* has the CRC-32`);
    await refuses(runner.run(restoreFrom(SWAPPED)), 36, damaged);
    writeFileSync(path, whole);
    await refuses(runner.run(restoreFrom(SWAPPED, '--reserve', '900TiB')), 38, /\d+ to copy/);
    // Staged files wait for the next run; all else is as it was.
    assert.ok((await staged(datacenter)).size > 0);
    await shop.restore(runner, SWAPPED);
    await shop.assertSame();
  },
);

test(
  'stopped in the midst of copying it leaves no pod; killed, the next run goes on with what has arrived',
  SLOW,
  async () => {
    await shop.client.execute('TRUNCATE "Shop"."Orders"');
    const stopped = await shop.inCopying(WHEN, (kill) => kill('SIGTERM'));
    assert.equal(stopped.status, 14, stopped.told);
    assert.equal(await ownPods(), '');
    await shop.inCopying(SWAPPED, (kill) => kill('SIGKILL'));
    assert.match(await ownPods(), /kassette-carry-/);
    // Whoever copies it again does not notice that it is wrong.
    const arrived =
      [...(await staged(datacenter)).keys()].find((p) => p.endsWith('-CompressionInfo.db')) ?? assert.fail();
    writeFileSync(arrived, Buffer.alloc(statSync(arrived).size, 1));
    await refuses(runner.run(restoreFrom(SWAPPED)), 25, /CompressionInfo\.db on .* is not what was copied/);
    await shop.restore(runner, SWAPPED);
    await shop.assertSame();
  },
);

test("a pod of Cassandra's that goes in the midst of copying does not harm", SLOW, async () => {
  await shop.client.execute('TRUNCATE "Shop"."Orders"');
  const [pod] = await datacenter.pods();
  let back: (() => Promise<void>) | undefined;
  const { status, told } = await shop.inCopying(WHEN, async () => {
    back = await datacenter.killPod(pod?.name ?? '');
  });
  await shop.client.shutdown();
  await back?.();
  shop.client = await datacenter.connect(20);
  if (status !== 0) {
    assert.match(told, /^error [A-Z_]+ \(exit status \d+\)/m);
    await shop.restore(runner, WHEN);
  }
  await shop.assertSame();
});

test('a volume that fills up while files are copied is told as such, and room is all that is missing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'kassette-full-'));
  const node = (name: string) => ({ name, volume: join(root, name), dataDirectories: [] }) as unknown as Node;
  const [copy, live] = [node('copy'), node('live')];
  for (const { volume } of [copy, live]) mkdirSync(volume);
  const mount = (...args: readonly string[]) => execFileSync('mount', [...args, live.volume]);
  mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs');
  try {
    const bytes = 200_000;
    writeFileSync(join(copy.volume, 'a'), Buffer.alloc(bytes, 7));
    const volumes = new VolumeScripts(localShell());
    const to = 'kassette/staging/id/a';
    const carry = (offset: number) =>
      orFull(live, () => volumes.copyDirect(copy, live, [{ from: 'a', to, offset, bytes: bytes - offset }]));
    await assert.rejects(carry(0), { code: 'NO_SPACE', message: /volume of live has filled up/ });
    const there = (await volumes.stagedFiles(live)).get(to) ?? 0;
    assert.ok(there > 0 && there < bytes, `${there} bytes`);
    mount('-o', 'remount,size=1m');
    await carry(there);
    assert.deepEqual(readFileSync(join(live.volume, to)), readFileSync(join(copy.volume, 'a')));
  } finally {
    execFileSync('umount', [live.volume]);
    rmSync(root, { recursive: true });
  }
});

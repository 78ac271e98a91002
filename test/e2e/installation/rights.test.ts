import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  CLEANING,
  CLONING,
  nameOfRight,
  OUTSIDE,
  READ,
  RECOVERING,
  type Right,
  STOPPING,
  toSecret,
  WRITE,
} from '../../../src/domain/rights.ts';
import { rbac } from '../../../src/packaging/rbac.ts';
import { sharedBed } from '../support/bed.ts';
import { afterBackup, beforeBackup, outside, type Runner } from '../support/kassette/kassette.ts';
import { KASSETTE_IMAGE } from '../support/kassette/kassette-image.ts';
import { serviceAccountKubeconfig } from '../support/kassette/service-account.ts';
import { RING_SECRETS, sharedRing } from '../support/ring.ts';

// The rights that are generated are all that is needed (the story's second half runs under them), and each one is.
const bed = sharedBed();
const datacenter = sharedRing(bed);
const { namespace } = datacenter;
let kubeconfig: string;

before(async () => {
  await datacenter.create();
  await grant({ outside: true });
  kubeconfig = await serviceAccountKubeconfig(bed, namespace);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Apply the generated objects, without one right or with other secrets than those that are needed. */
async function grant(options: {
  outside: boolean;
  without?: Right;
  secrets?: readonly string[];
}): Promise<void> {
  const { outside: tunnels, without, secrets = RING_SECRETS } = options;
  const isWithout = (rule: Rule) =>
    without !== undefined && rule.apiGroups[0] === without.group && rule.resources[0] === without.resource;
  const objects = rbac({ namespace, scope: 'namespace', outside: tunnels, secrets }).map((object) => {
    if (!('rules' in object)) return object;
    const rules = (object.rules as readonly Rule[]).map((rule) =>
      isWithout(rule) ? { ...rule, verbs: rule.verbs.filter((v) => v !== without?.verb) } : rule,
    );
    return { ...object, rules: rules.filter((r) => r.verbs.length > 0) };
  });
  await bed.apply(objects);
}

function direct(): Runner {
  const { run } = outside(datacenter, kubeconfig);
  return { run: (args) => run([...args, '--cql-via', 'pod-address']) };
}

const { secrets: _, ...reading } = READ;
const SUPERUSER = toSecret(RING_SECRETS[0] ?? '', "for the superuser's password");

for (const right of [
  ...[...Object.values(reading), SUPERUSER],
  ...[...Object.values(WRITE), ...Object.values(OUTSIDE)],
]) {
  test(`without \`${nameOfRight(right)}\` before-backup fails, naming it, and changes nothing`, async () => {
    const tunnels = right.resource === OUTSIDE.forward.resource;
    await grant({ outside: tunnels, without: right });
    const runner = tunnels ? outside(datacenter, kubeconfig) : direct();
    const { status, stderr } = await runner.run(['before-backup']);
    assert.equal(status, 15, stderr);
    assert.ok(stderr.includes(`\`${nameOfRight(right)}\``), stderr);
    await grant({ outside: true });
    assert.match((await outside(datacenter).run(['status'])).stdout, /no backup in the volumes/);
  });
}

/** What a cold restore that had begun would have changed: the datacenter's object, and Jobs. */
async function traces(): Promise<string> {
  const generation = ['-o', 'jsonpath={.metadata.generation} {.spec.stopped}'];
  const object = await datacenter.kubectl('get', 'cassandradatacenter', datacenter.name, ...generation);
  return `${object}, jobs: ${await datacenter.kubectl('get', 'jobs', '-o', 'name')}`;
}

for (const right of Object.values(RECOVERING)) {
  test(`without \`${nameOfRight(right)}\` recover fails, naming it, and stops nothing`, async () => {
    await grant({ outside: false, without: right });
    const before = await traces();
    // Of the last one that was restored here nothing would be to do.
    const asked = ['--image', KASSETTE_IMAGE, '--tag', 'kassette-20200101T000000Z-0000'];
    const { status, stderr } = await direct().run(['recover', ...asked]);
    assert.equal(status, 15, stderr);
    assert.ok(stderr.includes(`\`${nameOfRight(right)}\` ${right.purpose}`), stderr);
    assert.equal(await traces(), before);
  });
}

test('clean-volume asks before its first Job, and only for what it needs', async () => {
  const [pod] = await datacenter.pods();
  const clean = ['clean-volume', pod?.claim ?? '', '--image', KASSETTE_IMAGE];
  await grant({ outside: false, without: CLEANING.jobsMake });
  const before = await traces();
  const refused = await direct().run(clean);
  assert.equal(refused.status, 15, refused.stderr);
  assert.ok(refused.stderr.includes(`\`${nameOfRight(CLEANING.jobsMake)}\``), refused.stderr);
  assert.equal(await traces(), before);
  // It stops no datacenter. That it comes as far as to see the pod says that nothing is missing.
  await grant({ outside: false, without: STOPPING.stop });
  const used = await direct().run(clean);
  assert.equal(used.status, 46, used.stderr);
});

test('what clones need besides is asked for when they are meant, and named', async () => {
  await grant({ outside: false, without: CLONING.jobsMake });
  const { status, stderr } = await direct().run(['verify', '--from', 'clones:x']);
  assert.equal(status, 15, stderr);
  assert.ok(stderr.includes(`\`${nameOfRight(CLONING.jobsMake)}\` to mount a clone`), stderr);
});

test('the right to another secret is not enough: it is named before anything is stopped, with the way out', async () => {
  await grant({ outside: false, secrets: ['of-somebody-else'] });
  const before = await traces();
  const { status, stderr } = await direct().run(['recover', '--image', KASSETTE_IMAGE]);
  assert.equal(status, 15, stderr);
  assert.ok(stderr.includes(`\`${nameOfRight(SUPERUSER)}\` ${SUPERUSER.purpose}`), stderr);
  assert.match(stderr, /kassette rbac --namespace ring --service-account ring\/kassette/);
  assert.equal(await traces(), before);
});

test('the right to one secret is enough, and to look needs neither lease nor events', async () => {
  await grant({ outside: false });
  const { tag } = await beforeBackup(direct());
  assert.deepEqual((await afterBackup(direct())).removed, [tag]);
  await grant({ outside: false, without: WRITE.leaseMake });
  const { status, stdout } = await direct().run(['status']);
  assert.equal(status, 0);
  // The API server keeps what a run has noted on the lease.
  assert.ok(stdout.includes(`after-backup (${tag}): ok`), stdout);
});

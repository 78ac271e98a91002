import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runProgram } from '../../../lab/cli.ts';
import { certificate } from '../../../lab/cluster/tls.ts';
import { RELEASE, sharedBed } from '../support/bed.ts';
import { TestDatacenter } from '../support/datacenter.ts';
import {
  afterBackup,
  afterRestore,
  beforeBackup,
  inPods,
  outside,
  type Runner,
} from '../support/kassette/kassette.ts';

// A datacenter whose management API wants client certificates, in the states that cass-operator can bring it into.
const bed = sharedBed();
const namespace = 'states';
const secrets = { clientSecretName: 'mgmt-client', serverSecretName: 'mgmt-server' };
const datacenter = new TestDatacenter(bed, {
  version: RELEASE,
  namespace,
  name: 'dc1',
  cluster: 'Kept Apart',
  size: 1,
  managementApiAuth: { manual: secrets },
});
const directory = mkdtempSync(join(tmpdir(), 'kassette-tls-'));
let direct: Runner;

before(async () => {
  await bed.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]);
  for (const name of Object.values(secrets)) await bed.apply([await tlsSecret(name)]);
  await datacenter.create();
  const { run } = outside(datacenter);
  direct = { run: (args) => run([...args, '--cql-via', 'pod-address']) };
});
after(async () => {
  rmSync(directory, { recursive: true });
  await datacenter.delete();
});

async function tlsSecret(name: string): Promise<object> {
  const files = await certificate(directory, name);
  const data = Object.entries({ 'ca.crt': files.ca, 'tls.crt': files.cert, 'tls.key': files.key });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    type: 'kubernetes.io/tls',
    stringData: Object.fromEntries(data.map(([key, path]) => [key, readFileSync(path, 'utf8')])),
  };
}

for (const [way, runner] of [
  ['from outside through tunnels', () => outside(datacenter)],
  ['by pods', () => inPods(datacenter)],
] as const) {
  test(`a management API with client certificates, a cluster name with a space: backed up and restored ${way}`, async () => {
    const { tag } = await beforeBackup(await runner());
    const { clusters } = await afterRestore(await runner());
    assert.deepEqual(
      clusters.map((c) => [c.outcome, c.tag]),
      [['restored', tag]],
    );
    // A pod's log has both outputs.
    const { stdout, stderr } = await (await runner()).run(['status']);
    assert.match(stdout + stderr, /no backup in the volumes/);
  });
}

test('a datacenter that is stopped is refused at once, and one that is being resumed is waited for', async () => {
  const patch = (stopped: boolean) =>
    datacenter.kubectl(
      'patch',
      'cassandradatacenter',
      datacenter.name,
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { stopped } }),
    );
  await patch(true);
  // Ended while it still was stopped, and without having waited: nobody resumes it before.
  const { status, stderr } = await direct.run(['before-backup', '--timeout', '30m']);
  assert.equal(status, 19, stderr);
  assert.ok(stderr.includes('is stopped (spec.stopped)'), stderr);
  assert.match(stderr, /Waiting does not help/);
  assert.doesNotMatch(stderr, /waiting: /);
  await datacenter.kubectl('wait', 'pod', '--all', '--for=delete', '--timeout=120s');
  await patch(false);
  const { tag } = await beforeBackup(direct);
  assert.deepEqual((await afterBackup(direct)).removed, [tag]);
});

test('what is not there is said with what is', async () => {
  const unknown = await direct.run(['status', '--datacenter', 'nowhere']);
  assert.equal(unknown.status, 10);
  assert.ok(unknown.stderr.includes('found: dc1'), unknown.stderr);
  const empty = await runProgram(['status', '--kubeconfig', bed.kubeconfig, '--namespace', 'default']);
  assert.equal(empty.status, 10);
  assert.ok(empty.stderr.includes('no CassandraDatacenter in namespace default'), empty.stderr);
});

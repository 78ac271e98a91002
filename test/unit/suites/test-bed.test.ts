import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { kubeletConfiguration } from '../../e2e/bed/kubernetes/kubelet.ts';
import { kubernetesModule, kubernetesProgram } from '../../e2e/bed/kubernetes/programs.ts';
import {
  KUBERNETES_VERSIONS,
  type KubernetesVersion,
  noteVersion,
} from '../../e2e/bed/kubernetes/versions.ts';
import { inside, processesIn } from '../../e2e/bed/machine/cgroups.ts';
import { placesIn } from '../../e2e/bed/places.ts';

/** 1.29.6 of these does not resolve as a module; a patch release changes no interface. */
const PATCH_BEFORE = ['endpointslice', 'kube-controller-manager', 'legacy-cloud-providers'];

test('each Kubernetes is built from modules of its own version', () => {
  for (const version of KUBERNETES_VERSIONS) {
    const module = `test/e2e/bed/binaries/modules/${kubernetesModule(version)}`;
    const text = readFileSync(`${module}/go.mod`, 'utf8');
    assert.match(
      text,
      new RegExp(`^\\tk8s\\.io/kubernetes v${version.replaceAll('.', '\\.')}( //.*)?$`, 'm'),
    );
    const replaced = [...text.matchAll(/^\tk8s\.io\/([a-z-]+) => k8s\.io\/\1 v0\.([0-9.]+)$/gm)];
    const others = replaced.filter(([, , own]) => `1.${own}` !== version).map(([, name, own]) => [name, own]);
    assert.deepEqual(others, version === '1.29.6' ? PATCH_BEFORE.map((name) => [name, '29.5']) : []);
    assert.ok(replaced.length > 25, `${version} replaces ${replaced.length}`);
  }
});

test('a bed keeps which Kubernetes it runs, and takes all programs of that one', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-bed-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const places = placesIn(directory);
  for (const version of KUBERNETES_VERSIONS) {
    noteVersion(places, version);
    assert.ok(kubernetesProgram(places, 'kubectl').endsWith(`/bin/${kubernetesModule(version)}/kubectl`));
  }
  await writeFile(places.kubernetesVersion, '1.0.0');
  assert.throws(() => kubernetesProgram(places, 'kubectl'), /no Kubernetes is called 1\.0\.0/);
});

test('a kubelet is told only what its release knows: with an unknown field it would pass over all mistakes', () => {
  const fieldsOf = (version: KubernetesVersion) =>
    Object.keys(kubeletConfiguration(placesIn('/bed'), version));
  const newer = ['failCgroupV1', 'podLogsDir'];
  const known = KUBERNETES_VERSIONS.map((v) => fieldsOf(v).filter((f) => newer.includes(f)));
  assert.deepEqual(known, [newer, newer, []]);
});

test('a cgroup that is removed while the bed is taken down has no process and none below it', async (t) => {
  const cgroup = await mkdtemp(join(tmpdir(), 'kassette-cgroup-'));
  t.after(() => rm(cgroup, { recursive: true, force: true }));
  await writeFile(join(cgroup, 'cgroup.procs'), '12\n7\n');
  assert.deepEqual(processesIn(cgroup), [12, 7]);
  const gone = join(cgroup, 'gone');
  assert.deepEqual([processesIn(gone), inside(gone)], [[], []]);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { parseAllDocuments, stringify } from 'yaml';
import { installation } from '../../../src/packaging/installation.ts';
import { policy, RETENTION } from '../../../src/packaging/policy.ts';
import { DEFAULTS, type Installation, type Names } from '../../../src/packaging/settings.ts';
import { binary } from '../bed/binaries/binaries.ts';
import { run } from '../bed/run.ts';
import { sharedBed } from '../support/bed.ts';
import { buildKassetteImage } from '../support/kassette/kassette-image.ts';
import { phasesOf, podOf, type TemplateParams } from '../support/kasten/blueprint-renderer.ts';
import { serveKastenKinds } from '../support/kasten/kasten-kinds.ts';

// The chart by Helm itself, the blueprints by Kanister's rules, and the kinds by an API server that refuses wrong fields.
const bed = sharedBed();
const CHART = 'deploy/helm/kassette';

before(() => serveKastenKinds(bed));

interface Named {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const key = ({ kind, metadata }: Named) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const sorted = (objects: readonly object[]) =>
  (objects as readonly Named[]).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
const parsed = (yaml: string) =>
  parseAllDocuments(yaml)
    .map((d) => d.toJS() as object | null)
    .filter((o) => o !== null);

async function helmTemplate(values: object, namespace = DEFAULTS.namespace): Promise<readonly object[]> {
  const args = ['template', 'kassette', CHART, '--namespace', namespace, '--values', '-'];
  return parsed(await run(binary('helm', 'helm'), args, { input: stringify(values) }));
}

test('the image runs as nobody, is started without a shell, says what it is, and lists what is in it', async () => {
  const image = await buildKassetteImage();
  const inside = (name: string) => run('tar', ['--extract', '--to-stdout', '--file', image, name]);
  const [{ Config, Layers }] = JSON.parse(await inside('manifest.json'));
  const { config } = JSON.parse(await inside(Config));
  assert.equal(config.User, '65532:65532');
  assert.deepEqual([config.Entrypoint, config.Cmd ?? []], [['node', '/app/kassette.mjs'], []]);
  assert.equal(config.Labels['org.opencontainers.image.title'], 'kassette');
  const sbom = 'usr/share/doc/kassette/kassette.spdx.json';
  const layers = Layers as readonly string[];
  const found = await Promise.all(
    layers.map((l) => run('bash', ['-c', READ, 'bash', image, l, sbom]).catch(() => '')),
  );
  const { spdxVersion, packages } = JSON.parse(found.join(''));
  assert.match(spdxVersion, /^SPDX-/);
  const names = (packages as readonly { name: string }[]).map((p) => p.name);
  for (const dependency of ['@kubernetes/client-node', 'cassandra-driver'])
    assert.ok(names.includes(dependency));
});

/** args: archive, its layer, a file of that */
const READ = 'set -o pipefail; tar -xOf "$1" "$2" | tar -xOf - "$3"';

/** What the chart does not choose by itself, as the committed files have it. */
const EXAMPLE = { datacenterNamespaces: ['cass-operator'], secrets: ['dse-superuser'] };

test('helm template with the namespace and the secret of the example is deploy/kassette.yaml', async () => {
  const committed = parsed(readFileSync('deploy/kassette.yaml', 'utf8'));
  assert.deepEqual(sorted(await helmTemplate(EXAMPLE)), sorted(committed));
});

test('helm installs nothing until namespaces and secrets are named, or all of them are asked for', async () => {
  const { datacenterNamespaces, secrets } = EXAMPLE;
  const refused: readonly (readonly [object, RegExp])[] = [
    [{}, /Name the namespaces of the datacenters: --set datacenterNamespaces=/],
    [{ datacenterNamespaces }, /Name the secrets that the datacenters use: --set secrets=/],
    [{ ...EXAMPLE, clusterWide: true }, /not both/],
    [{ ...EXAMPLE, allSecrets: true }, /not both/],
  ];
  for (const [values, says] of refused) await assert.rejects(helmTemplate(values), says);
  const wide = { ...DEFAULTS, datacenterNamespaces: 'all' as Names };
  assert.deepEqual(
    sorted(await helmTemplate({ clusterWide: true, secrets })),
    sorted(installation({ ...wide, secrets })),
  );
  assert.deepEqual(
    sorted(await helmTemplate({ clusterWide: true, allSecrets: true })),
    sorted(installation({ ...wide, secrets: 'all' })),
  );
  assert.deepEqual(
    sorted(await helmTemplate({ datacenterNamespaces, allSecrets: true })),
    sorted(installation({ ...DEFAULTS, datacenterNamespaces, secrets: 'all' })),
  );
});

test('and with other values what `kassette manifests` prints', async () => {
  const chosen = {
    image: 'registry.example/kassette@sha256:12',
    kastenNamespace: 'k10',
    datacenterNamespaces: ['one', 'two'],
    secrets: ['dse-superuser'],
    mode: 'datacenter',
    hookMinutes: 45,
  } as const;
  const jobs = {
    requests: { cpu: '100m', 'ephemeral-storage': '1Gi' },
    limits: { cpu: '' },
    labels: { team: 'db' },
    annotations: { why: 'a "b": c # d' },
  };
  const placement = {
    tolerations: [{ key: 'db', operator: 'Exists' }],
    nodeSelector: { pool: 'tools' },
    priorityClassName: 'high',
  };
  const values = {
    ...{ ...chosen, ...placement, imagePullSecrets: [{ name: 'registry' }] },
    jobs: { ...jobs, user: '1000680000' },
  };
  const options: Installation = {
    ...{ ...DEFAULTS, ...chosen, namespace: 'own', imagePullSecrets: ['registry'], placement },
    jobs: { ...jobs, user: { runAsUser: 1000680000, fsGroup: 1000680000 } },
  };
  assert.deepEqual(sorted(await helmTemplate(values, 'own')), sorted(installation(options)));
  const bare = {
    ...EXAMPLE,
    doctor: false,
    builtinVersions: ['0.0.6'],
    policy: { enabled: true, profile: 'bucket' },
  };
  const own = { namespace: 'cass-operator', kastenNamespace: 'kasten-io', name: 'cassandra-cass-operator' };
  const withPolicy = [
    ...installation({ ...DEFAULTS, ...EXAMPLE, doctor: false, builtinVersions: ['0.0.6'] }),
    policy({ ...own, profile: 'bucket', frequency: '@daily', retention: RETENTION, mode: 'hooks' }),
  ];
  assert.deepEqual(sorted(await helmTemplate(bare)), sorted(withPolicy));
});

test('helm refuses values that the schema does not have, and finds nothing to complain of', async () => {
  await assert.rejects(helmTemplate({ ...EXAMPLE, hookMinutes: 'long' }), /hookMinutes/);
  await assert.rejects(helmTemplate({ ...EXAMPLE, modus: 'hooks' }), /modus/);
  await run(binary('helm', 'helm'), ['lint', '--strict', CHART]);
});

for (const file of [
  'kassette',
  'policy',
  'datacenter-bound-bp',
  'k10-k8ssandra-bp-0.0.4',
  'cassandradatacenter-bp',
]) {
  test(`the API server takes deploy/${file}.yaml, and none with a wrong field`, async () => {
    const yaml = readFileSync(`deploy/${file}.yaml`, 'utf8');
    const strict = ['apply', '--dry-run=server', '--validate=strict', '-f', '-'];
    await bed.kubectl(strict, { input: yaml });
    const wrong = yaml.replace(/^( +)(phases|frequency|operator):/m, '$1$2X:');
    assert.notEqual(wrong, yaml);
    await assert.rejects(bed.kubectl(strict, { input: wrong }), /(phases|frequency|operator)X?/);
  });
}

const SUBJECT: TemplateParams = {
  Namespace: { Name: 'cass-operator', Namespace: 'cass-operator' },
  Object: {},
  Options: {},
  ArtifactsIn: {},
  Phases: {},
  Time: '2026-03-01T00:00:00Z',
};

function blueprintWith(args: object) {
  return { actions: { act: { phases: [{ func: 'KubeTask', name: 'one', args }] } } };
}

test('a phase’s pod has the override merged in, and without one gets what Kanister gives it', async () => {
  const [hooks] = parsed(readFileSync('deploy/cassandradatacenter-bp.yaml', 'utf8'));
  const rendering = { blueprint: hooks as object, action: 'beforeBackup', params: SUBJECT };
  assert.deepEqual(await phasesOf(rendering), ['beforeBackup']);
  const { metadata, spec } = await podOf({ ...rendering, phase: 'beforeBackup' });
  const [container, ...more] = spec.containers;
  assert.equal(metadata.namespace, 'kassette');
  assert.deepEqual(more, []);
  assert.equal(container?.name, 'container');
  assert.equal(container?.['image'], DEFAULTS.image);
  const command = (container?.['command'] ?? []) as readonly string[];
  assert.deepEqual(command.slice(2, 5), ['before-backup', '--namespace', 'cass-operator']);
  assert.deepEqual(spec['serviceAccountName'], 'kassette');
  assert.deepEqual(container?.['resources'], DEFAULTS.resources);
  const bare = blueprintWith({ image: 'i', command: ['c'] });
  const plain = await podOf({ blueprint: bare, action: 'act', phase: 'one', params: SUBJECT });
  assert.deepEqual([plain.metadata.namespace, plain.spec['serviceAccountName']], ['kasten-io', 'k10-k10']);
});

for (const [what, args, says] of [
  ['a subject of another kind', { image: 'i', command: ['{{ .StatefulSet.Name }}'] }, /nil pointer/],
  ['a missing key', { image: 'i', command: ['{{ .Options.size }}'] }, /no entry for key "size"/],
  ['an unknown function', { image: 'i', command: ['{{ shout "a" }}'] }, /function "shout" not defined/],
  [
    'an argument that KubeTask does not have',
    { image: 'i', command: ['c'], args: [] },
    /args is not supported/,
  ],
  ['no image', { command: ['c'] }, /missing: image/],
] as const) {
  test(`${what} is an error`, async () => {
    const rendering = { blueprint: blueprintWith(args), action: 'act', phase: 'one', params: SUBJECT };
    await assert.rejects(podOf(rendering), says);
  });
}

test('sprig and the outputs of earlier phases are there', async () => {
  const command = ['{{ .Phases.zero.Output.tag | upper }}', '{{ index .Options "a" | default "b" }}'];
  const blueprint = blueprintWith({ image: 'i', command });
  const params = { ...SUBJECT, Options: { a: '' }, Phases: { zero: { Output: { tag: 'kassette-x' } } } };
  const { spec } = await podOf({ blueprint, action: 'act', phase: 'one', params });
  assert.deepEqual(spec.containers[0]?.['command'], ['KASSETTE-X', 'b']);
});

test('what an ActionSet says of its pods wins over the blueprint’s override, the blueprint’s label over its own', async () => {
  const podOverride = { serviceAccountName: 'blueprint', priorityClassName: 'high' };
  const blueprint = blueprintWith({ image: 'i', command: ['c'], podOverride, podLabels: { a: 'blueprint' } });
  const podWith = (more: Partial<TemplateParams>) =>
    podOf({ blueprint, action: 'act', phase: 'one', params: { ...SUBJECT, ...more } });
  const { metadata, spec } = await podWith({
    PodOverride: { serviceAccountName: 'action', priorityClassName: null },
    PodLabels: { a: 'action', b: 'action' },
    PodAnnotations: { c: 'action' },
  });
  assert.deepEqual([spec['serviceAccountName'], spec['priorityClassName']], ['action', undefined]);
  assert.deepEqual(metadata['labels'], { createdBy: 'kanister', a: 'blueprint', b: 'action' });
  assert.deepEqual(metadata['annotations'], { c: 'action' });
  const Namespace = { Name: '', Namespace: '' };
  const namespaced = blueprintWith({ image: 'i', command: ['--namespace', '{{ .Namespace.Name }}'] });
  const rendering = { blueprint: namespaced, action: 'act', phase: 'one', params: { ...SUBJECT, Namespace } };
  const rendered = await podOf(rendering);
  assert.deepEqual(rendered.spec.containers[0]?.['command'], ['--namespace', '']);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { HOOKS_BLUEPRINT, k8ssandraBlueprintName } from '../../../src/packaging/blueprints.ts';
import { defaultValues, values } from '../../../src/packaging/chart/values.ts';
import { installation } from '../../../src/packaging/installation.ts';
import { deployFiles } from '../../../src/packaging/manifests.ts';
import { policy, RETENTION, restoreAction } from '../../../src/packaging/policy.ts';
import { DEFAULTS, type Installation } from '../../../src/packaging/settings.ts';
import { validate } from '../../kasten/definitions.ts';
import { kubeTaskArguments } from '../../kasten/kanister.ts';

interface Blueprint {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly actions: Readonly<
    Record<string, { readonly phases: readonly { readonly name: string; readonly args: unknown }[] }>
  >;
}

const plain = (objects: readonly object[]) => JSON.parse(JSON.stringify(objects)) as readonly object[];

function committed(): readonly object[] {
  const files = [...deployFiles()].filter(([name]) => name.endsWith('.yaml') && !name.startsWith('helm/'));
  return files.flatMap(([, text]) => parseAllDocuments(text).map((d) => d.toJS() as object));
}

const blueprints = (objects: readonly object[]) =>
  objects.filter((o): o is Blueprint => 'kind' in o && o.kind === 'Blueprint');

for (const [name, objects] of [
  ['what is committed', committed()],
  ['a blueprint bound to datacenters', installation({ ...DEFAULTS, mode: 'datacenter' })],
  ['a policy for bound datacenters', [policy(policyOptions('datacenter'))]],
  [
    'a restore of bound datacenters',
    [restoreAction({ namespace: 'a', restorePoint: 'b', mode: 'datacenter' })],
  ],
] as const) {
  test(`${name} is what the documentation of Kasten and Kanister asks for`, () => {
    const found = plain(objects).map(validate);
    assert.ok(found.includes('valid'));
    for (const { actions } of blueprints(plain(objects)))
      for (const { phases } of Object.values(actions))
        for (const p of phases) kubeTaskArguments.parse(p.args);
  });
}

function policyOptions(mode: 'hooks' | 'datacenter') {
  const rest = { profile: 'location', frequency: '@daily', retention: RETENTION };
  return { namespace: 'a', kastenNamespace: 'kasten-io', name: 'b', mode, ...rest };
}

/** As a program reads it that splits a stream at lines of `---`, as the libraries of Kubernetes and Kanister do. */
const firstDocument = (text: string) => parse(text.split(/^---/m)[0] ?? '') as Blueprint | null;

test('the first document of every file is its first object, and nothing else: kanctl reads no other', () => {
  const files = [...deployFiles()].filter(([name]) => name.endsWith('.yaml') && !name.startsWith('helm/'));
  for (const [name, text] of files) {
    const [first] = parseAllDocuments(text).map((d) => d.toJS() as Blueprint | null);
    assert.deepEqual(firstDocument(text), first, name);
    assert.ok(first?.kind !== undefined && first.metadata.name !== '', name);
  }
  const bound = files.filter(([name]) => /-bp(-\d[\d.]*\d)?\.yaml$/.test(name));
  assert.deepEqual(
    bound.map(([name, text]) => [name, firstDocument(text)?.kind]),
    bound.map(([name]) => [name, 'Blueprint']),
  );
  assert.equal(bound.length, 4);
});

test('no two phases of a blueprint have one name, of different actions neither: kanctl refuses it', () => {
  const all = [...blueprints(committed()), ...blueprints(installation({ ...DEFAULTS, mode: 'datacenter' }))];
  for (const { metadata, actions } of all) {
    const names = Object.values(actions).flatMap((a) => a.phases.map((p) => p.name));
    assert.ok(names.length > 0);
    assert.equal(new Set(names).size, names.length, `${metadata.name}: ${names}`);
  }
});

test('a wrong field is refused', () => {
  const [wrong] = plain([policy(policyOptions('hooks'))]) as {
    spec: { actions: { backupParameters: object }[] };
  }[];
  const parameters = wrong?.spec.actions[0]?.backupParameters as { hooks: Record<string, unknown> };
  parameters.hooks['postHook'] = parameters.hooks['onSuccess'];
  assert.throws(() => validate(wrong as object), /postHook/);
});

test('every hook that a policy or a restore names is an action of a hooks blueprint, in Kasten’s namespace', () => {
  const objects = committed();
  const names = [HOOKS_BLUEPRINT, k8ssandraBlueprintName({ namespace: 'k8ssandra', name: 'demo' })];
  const named = [...JSON.stringify(objects).matchAll(/"blueprint":"([^"]+)","actionName":"([^"]+)"/g)];
  assert.equal(named.length, 8);
  for (const [, blueprint, action] of named) {
    assert.ok(names.includes(blueprint ?? ''), blueprint);
    const made = blueprints(objects).find((b) => b.metadata.name === blueprint);
    assert.ok(made?.actions[action ?? ''], action);
  }
  for (const b of blueprints(objects)) assert.equal(b.metadata.namespace, 'kasten-io');
});

test("pods run as kassette's own account in its own namespace, and end before Kasten's limit", () => {
  for (const { actions } of blueprints(
    plain(installation({ ...DEFAULTS, namespace: 'own', hookMinutes: 30 })),
  )) {
    for (const { args } of Object.values(actions).flatMap((a) => a.phases)) {
      const { namespace, podOverride } = kubeTaskArguments.parse(args);
      assert.equal(namespace, 'own');
      assert.equal(podOverride?.['serviceAccountName'], 'kassette');
      const all =
        Number(podOverride?.['activeDeadlineSeconds']) +
        Number(podOverride?.['terminationGracePeriodSeconds']);
      assert.ok(all < 30 * 60, `${all} s`);
      const { command } = kubeTaskArguments.parse(args);
      const limit = (flag: string) => command[command.indexOf(flag) + 1];
      if (command.includes('--timeout'))
        assert.deepEqual(
          [limit('--timeout'), limit('--max-wait')],
          ['25m', '25m'],
          'nodes have no more time',
        );
    }
  }
});

for (const mode of ['hooks', 'datacenter'] as const) {
  test(`mode ${mode}: the hooks of a backup know their run by Kanister's label, and the failure hook is one`, () => {
    const made = blueprints(plain(installation({ ...DEFAULTS, abandonAfterHours: 36, keep: 3, mode })));
    const tasks = made.flatMap(({ actions }) => Object.entries(actions));
    for (const [name, { phases }] of tasks) {
      const { command, podOverride } = kubeTaskArguments.parse(phases[0]?.args);
      const { containers } = podContainers.parse(podOverride);
      const env = containers[0]?.env.map((e) => [e.name, e.valueFrom.fieldRef.fieldPath]);
      const isBackup = command.some((word) => /^(before|after)-backup$/.test(word));
      const expected = isBackup ? [['KASSETTE_RUN', "metadata.labels['kanister.io/JobID']"]] : [];
      assert.deepEqual(env, expected, name);
      assert.equal(command.includes('--failed'), name === 'backupFailed', name);
      const opens = command.includes('before-backup');
      assert.equal(command.join(' ').includes('--abandon-after 36h --keep=3'), opens, name);
    }
    assert.ok(tasks.length >= 3);
  });
}

const podContainers = z.object({
  containers: z.array(
    z.object({
      env: z
        .array(
          z.object({
            name: z.string(),
            valueFrom: z.object({ fieldRef: z.object({ fieldPath: z.string() }) }),
          }),
        )
        .default([]),
    }),
  ),
});

test('rights hold in the namespaces that are named, and for the secrets that are; without names there are none', () => {
  const named = { ...DEFAULTS, datacenterNamespaces: ['a', 'b'], secrets: ['dse-superuser'] };
  const text = JSON.stringify(installation(named));
  assert.ok(!text.includes('ClusterRole'));
  assert.equal(text.match(/"resourceNames":\["dse-superuser"\]/g)?.length, 2);
  // To Kubernetes no names are all of them.
  assert.doesNotMatch(JSON.stringify(installation({ ...named, secrets: [] })), /"secrets"/);
  assert.doesNotMatch(JSON.stringify(installation(DEFAULTS)), /"secrets"|"pods\/exec"|ClusterRole/);
});

test('the hook before a restore looks for the original in the other namespaces that are named', () => {
  const looking = (datacenterNamespaces: Installation['datacenterNamespaces']) =>
    blueprints(plain(installation({ ...DEFAULTS, datacenterNamespaces })))
      .flatMap(({ actions }) => Object.entries(actions))
      .flatMap(([name, { phases }]) =>
        kubeTaskArguments
          .parse(phases[0]?.args)
          .command.filter((word) => word.startsWith('--other-namespace'))
          .map((word) => `${name} ${word}`),
      );
  assert.deepEqual(looking(['a', 'b']), [
    'beforeRestore --other-namespace=a',
    'beforeRestore --other-namespace=b',
  ]);
  assert.deepEqual(looking('all'), []);
});

test('all of them are meant only where that is said', () => {
  const rights = (objects: readonly object[]) => objects.filter((o) => 'rules' in o && 'kind' in o);
  const wide = rights(plain(installation({ ...DEFAULTS, datacenterNamespaces: 'all', secrets: ['s'] })));
  const clusterRoles = JSON.stringify(wide.filter((o) => 'kind' in o && o.kind === 'ClusterRole'));
  assert.match(clusterRoles, /"pods\/exec"/);
  assert.match(clusterRoles, /"resources":\["secrets"\],"resourceNames":\["s"\]/);
  const every = installation({ ...DEFAULTS, datacenterNamespaces: ['a'], secrets: 'all' });
  assert.match(JSON.stringify(every), /"resources":\["secrets"\],"verbs":\["get"\]/);
});

test('the chart asks for names before it grants anything, and warns in its notes where it grants all', () => {
  const [rights, notes] = ['rights.yaml', 'NOTES.txt'].map((name) =>
    readFileSync(`deploy/helm/kassette/templates/${name}`, 'utf8'),
  );
  const guards = rights?.slice(0, rights.indexOf('---')) ?? '';
  assert.match(guards, /not \(or \.Values\.datacenterNamespaces \.Values\.clusterWide\) }}{{ fail "Name the/);
  assert.match(guards, /not \(or \.Values\.secrets \.Values\.allSecrets\) }}{{ fail "Name the secrets/);
  assert.match(notes ?? '', /{{- if \.Values\.clusterWide }}\n\nWARNING: .*every namespace/);
  assert.match(notes ?? '', /{{- if \.Values\.allSecrets }}\n\nWARNING: .*every secret/);
  assert.deepEqual(
    [defaultValues.datacenterNamespaces, defaultValues.clusterWide, defaultValues.secrets],
    [[], false, []],
  );
});

test("the chart's schema takes its defaults and refuses what is not a value", () => {
  assert.deepEqual(values.parse(defaultValues), defaultValues);
  const schema = JSON.parse(readFileSync('deploy/helm/kassette/values.schema.json', 'utf8')) as {
    properties: object;
  };
  assert.deepEqual(Object.keys(schema.properties), Object.keys(defaultValues));
  assert.throws(() => values.parse({ ...defaultValues, modus: 'hooks' }), z.ZodError);
});

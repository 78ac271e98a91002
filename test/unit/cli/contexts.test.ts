import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { COMMANDS } from '../../../src/cli/commands/all.ts';
import type { FindK8ssandra } from '../../../src/cli/descriptor.ts';
import { contextsOf } from '../../../src/cli/flags/contexts.ts';
import { allCommands, buildProgram } from '../../../src/cli/program.ts';
import type { Edge, Target } from '../../../src/cli/run.ts';
import { sayFor } from '../../../src/cli/say.ts';
import { hint, kassette } from '../../../src/domain/hint.ts';
import { openVolume } from '../../../src/wiring.ts';

// Several contexts of a kubeconfig on the command line.

const directory = mkdtempSync(join(tmpdir(), 'kassette-contexts-'));
after(() => rmSync(directory, { recursive: true }));

const PLACES: Awaited<ReturnType<FindK8ssandra>> = [
  { namespace: 'k8ssandra', secrets: ['demo-superuser'] },
  { namespace: 'k8ssandra', k8sContext: 'east', reachedBy: "prod's east", secrets: ['east-superuser'] },
  { namespace: 'b', k8sContext: 'east', reachedBy: "prod's east", secrets: ['b-superuser'] },
];
const WHOLE = ['--namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo'];
const CONTEXTS = ['--context', 'main', '--context', "east=prod's east"];

/** What a command line printed, what it asked for, and the target that it was to reach. */
async function run(...args: readonly string[]) {
  const out: string[] = [];
  const complaint: string[] = [];
  const asked: Parameters<FindK8ssandra>[0][] = [];
  const targets: Target[] = [];
  const edge: Edge = {
    signal: new AbortController().signal,
    connect: async (target) => {
      targets.push(target);
      throw new Error('no cluster');
    },
    progress: () => ({ step: (_, work) => work({ count() {}, note() {} }), warn() {}, end() {} }),
    confirm: async () => false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void complaint.push(text),
    exit: () => {},
    openVolume,
    findSecrets: async () => [],
    switchArchiving: async () => false,
    findK8ssandra: async (cluster) => {
      asked.push(cluster);
      return PLACES;
    },
  };
  const program = buildProgram(edge);
  for (const command of allCommands(program))
    command.exitOverride().configureOutput({ writeErr: (t) => void complaint.push(t) });
  await program.parseAsync(['node', 'kassette', ...args]).catch(() => {});
  return { out: out.join('\n'), complaint: complaint.join('\n'), asked, targets };
}

test('--context may be given once plain and once for each k8sContext, and takes no argument after it', async () => {
  for (const [command, ...rest] of [
    ['status'],
    ['restore-table', 'shop.orders', '--from', 'backup:kassette-20260301T021500Z-1a2b'],
  ] as const) {
    const { targets, complaint } = await run(command, ...WHOLE, ...CONTEXTS, ...rest);
    const reached = targets.map(({ context, contexts }) => [context, [...contexts]]);
    assert.deepEqual(reached, [['main', [['east', "prod's east"]]]], complaint);
  }
  const [hooks] = (await run('after-restore', ...WHOLE, '--for-namespace', 'b')).targets;
  assert.deepEqual([hooks?.forNamespace, hooks?.awaitsK8ssandra, hooks?.context], ['b', true, undefined]);
});

test('without a K8ssandraCluster there is one context, whatever it is called', async () => {
  assert.equal(contextsOf({ context: ['user=me'] }).context, 'user=me');
  assert.equal(contextsOf({ context: [] }).context, undefined);
  const { complaint, targets } = await run('status', '--context', 'a', '--context', 'b');
  assert.deepEqual(targets, []);
  assert.match(complaint, /USAGE .*`--context` names several contexts: a, b\./);
});

test('what is no such pair, or contradicts itself, is refused', () => {
  const given =
    (...context: readonly string[]) =>
    () =>
      contextsOf({ context, k8ssandraCluster: 'demo' });
  assert.throws(given('a', 'b'), { code: 'USAGE', hint: /K8SCONTEXT=CONTEXT/ });
  assert.throws(given('=b'), { code: 'USAGE', message: /is not of the form K8SCONTEXT=CONTEXT/ });
  assert.throws(given('a='), { code: 'USAGE' });
  assert.throws(given('a=b', 'a=c'), { code: 'USAGE', message: /two contexts for k8sContext `a`/ });
  assert.deepEqual([...given('a=b', 'a=b')().contexts], [['a', 'b']]);
  // A name as some clouds give it.
  assert.deepEqual([...given('a=arn:aws:eks:x=y')().contexts], [['a', 'arn:aws:eks:x=y']]);
});

test('commands in hints repeat all of them', () => {
  const say = sayFor(COMMANDS, { context: ['main', "east=prod's east"], k8ssandraCluster: 'demo' });
  assert.equal(
    say(hint`${kassette('after-backup')}`),
    "`kassette after-backup --k8ssandra-cluster demo --context main --context 'east=prod'\\''s east'`",
  );
});

/** What kubectl was called with by a shell that runs this. */
function applied(script: string) {
  const kubectl = join(directory, 'kubectl');
  const log = join(directory, 'log');
  writeFileSync(
    kubectl,
    `#!/bin/sh\nprintf '%s\\n' "$@" END >> '${log}'\ncat >> '${log}'\necho ---8--- >> '${log}'\n`,
  );
  chmodSync(kubectl, 0o755);
  writeFileSync(log, '');
  const env = { PATH: `${directory}:${process.env['PATH']}` };
  assert.equal(spawnSync('sh', { input: script, env }).status, 0);
  return readFileSync(log, 'utf8')
    .split('---8---\n')
    .filter((part) => part !== '')
    .map((part) => {
      const [args = '', yaml = ''] = part.split('END\n');
      return { args: args.trim().split('\n'), objects: parseAllDocuments(yaml).map((d) => d.toJS()) };
    });
}

interface Granted {
  readonly kind: string;
  readonly metadata: { readonly namespace: string };
  readonly rules?: readonly {
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

test('rbac prints a script that applies to each Kubernetes what is for it, and to no other', async () => {
  const { out, asked } = await run('rbac', ...WHOLE, ...CONTEXTS, '--outside', '--kubeconfig', '/my file');
  assert.deepEqual([asked[0]?.context, [...(asked[0]?.contexts ?? [])]], ['main', [['east', "prod's east"]]]);
  const [main, east, ...more] = applied(out);
  assert.equal(more.length, 0);
  const file = ['--kubeconfig', '/my file'];
  assert.deepEqual(main?.args, [...file, '--context', 'main', 'apply', '-f', '-']);
  assert.deepEqual(east?.args, [...file, '--context', "prod's east", 'apply', '-f', '-']);
  const of = (objects: readonly Granted[] = []) =>
    objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`);
  assert.deepEqual(of(main?.objects), [
    'ServiceAccount k8ssandra',
    'Role k8ssandra',
    'RoleBinding k8ssandra',
  ]);
  assert.deepEqual(of(east?.objects), [
    ...['ServiceAccount k8ssandra', 'Role k8ssandra', 'RoleBinding k8ssandra', 'Role b', 'RoleBinding b'],
  ]);
  const named = (objects: readonly Granted[] = [], resource: string) =>
    objects
      .flatMap((o) => o.rules ?? [])
      .flatMap((r) => (r.resources.includes(resource) ? [r.resourceNames] : []));
  assert.deepEqual(named(main?.objects, 'k8ssandraclusters'), [['demo']]);
  assert.deepEqual(named(east?.objects, 'k8ssandraclusters'), []);
  assert.deepEqual(named(east?.objects, 'secrets'), [['east-superuser'], ['b-superuser']]);
  assert.ok(named(main?.objects, 'secrets').some((n) => n?.includes('demo-superuser')));
});

test('what is for Kasten is not printed: it works in one Kubernetes', async () => {
  const manifests = ['--datacenter-namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo', ...CONTEXTS];
  for (const args of [
    ['manifests', ...manifests],
    ['policy', ...WHOLE, ...CONTEXTS],
  ]) {
    const { out, complaint } = await run(...args);
    assert.equal(out, '');
    assert.match(
      complaint,
      /USAGE .*Kasten cannot back up K8ssandraCluster k8ssandra\/demo as one, .* also in k8ssandra of k8sContext east, b of k8sContext east\./,
    );
  }
});

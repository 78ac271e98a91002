import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { COMMANDS as DESCRIPTORS } from '../../../src/cli/commands/all.ts';
import { completionScript } from '../../../src/cli/completion.ts';
import { allCommands, buildProgram } from '../../../src/cli/program.ts';
import type { Edge, Target } from '../../../src/cli/run.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { SYSTEM_CLOCK } from '../../../src/ports/until.ts';
import { openVolume } from '../../../src/wiring.ts';

const COMMANDS = [
  'before-backup',
  'after-backup',
  'before-restore',
  'after-restore',
  'plan',
  'status',
  'doctor',
  'recover',
  'clean-volume',
  'restore-table',
  'status',
  'verify',
];

/** A command line at whose edge nothing is real; what it printed and how it ended. */
async function run(
  args: readonly string[],
  connect: Edge['connect'] = async () => ({}) as Ports,
  findSecrets: Edge['findSecrets'] = async () => ['dse-superuser'],
) {
  const out: string[] = [];
  const complaint: string[] = [];
  const statuses = [0];
  const edge: Edge = {
    signal: new AbortController().signal,
    connect,
    progress: () => ({ step: (_, work) => work({ count() {}, note() {} }), warn() {}, end() {} }),
    confirm: async () => false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void complaint.push(text),
    exit: (status) => void statuses.push(status),
    openVolume,
    findSecrets,
    switchArchiving: async () => false,
    findK8ssandra: async (_, __, given) => [
      { namespace: 'k8ssandra', secrets: given ?? ['demo-superuser'] },
      { namespace: 'k8ssandra-b', secrets: given ?? ['demo-superuser', 'mgmt-b'] },
    ],
  };
  const program = buildProgram(edge);
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({
      writeOut: (t) => void out.push(t),
      writeErr: (t) => void complaint.push(t),
    });
  }
  await program.parseAsync(['node', 'kassette', ...args]).catch((e: { exitCode?: number }) => {
    statuses.push(e.exitCode === 0 ? 0 : 2);
  });
  return { out: out.join(''), complaint: complaint.join(''), status: statuses.at(-1) };
}

for (const command of COMMANDS) {
  test(`${command} has help with examples and all common options`, async () => {
    const { out } = await run([command, '--help']);
    for (const part of [
      'Examples:',
      `$ kassette ${command}`,
      '--datacenter',
      '--output',
      '--timeout',
      '--concurrency',
      '--tag',
      '--log-level',
    ]) {
      assert(out.includes(part), `${part} is not in the help of ${command}`);
    }
  });
}

const SECTIONS = ['Target', 'Connection', 'Backup', 'Restore', 'Jobs', 'Output', 'Without Kubernetes'];

test('help groups the options, and the embedded cluster comes last', async () => {
  for (const command of [...COMMANDS, 'plan restore-table']) {
    const { out } = await run([...command.split(' '), '--help']);
    const sections = [...out.matchAll(/^([A-Z][\w ]+):$/gm)].map(([, section = '']) => section);
    const ofOptions = sections.filter((s) => s !== 'Arguments' && s !== 'Commands' && s !== 'Examples');
    assert.deepEqual(
      ofOptions,
      SECTIONS.filter((s) => sections.includes(s)),
    );
    for (const section of ['Target', 'Connection', 'Output']) assert.ok(sections.includes(section), command);
    const named = [...out.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name);
    assert.deepEqual([named[0], named.at(-1)], ['namespace', 'embedded']);
  }
});

test('the help of the program groups the commands by what a person wants', async () => {
  const { out } = await run(['--help']);
  const sections = [...out.matchAll(/^([A-Z][\w ]+):$/gm)].map(([, section]) => section);
  assert.deepEqual(sections, ['Options', 'Backup', 'Restore', 'Inspect', 'Set up']);
});

test('a namespace or datacenter that is empty is refused, and never taken for the one that is the default', async () => {
  const refused = [
    ['before-backup', '--namespace', ''],
    ['after-restore', '--namespace', 'ns', '--datacenter', ''],
    ['plan', 'restore-table', 'k.t', '--from', 'backup:kassette-20260301T021500Z-1a2b', '--namespace='],
    ['clean-volume', 'a-claim', '--namespace', ''],
    ['rbac', '--namespace', ''],
    ['policy', '--namespace', ''],
    ['manifests', '--kasten-namespace', ''],
  ];
  for (const args of refused) {
    const connect = () => assert.fail('it went on');
    const { complaint, status } = await run(args, connect);
    assert.equal(status, 2, args.join(' '));
    assert.match(
      complaint,
      /^error: option '.*--(?:kasten-)?(?:namespace|datacenter) .*' is empty\..*ActionSet/m,
    );
  }
  // An empty environment variable is none.
  process.env['KASSETTE_NAMESPACE'] = '';
  try {
    assert.doesNotMatch((await run(['status'])).complaint, /is empty/);
  } finally {
    delete process.env['KASSETTE_NAMESPACE'];
  }
});

test('a failure is told in words and as JSON, with the exit status of its code', async () => {
  const connect = () => {
    throw new KassetteError('CLUSTER_UNREACHABLE', 'No way there.', 'Build one.');
  };
  const { out, complaint, status } = await run(['status', '--embedded', '/x', '--output', 'json'], connect);
  assert.equal(status, 11);
  assert.equal(complaint, 'error CLUSTER_UNREACHABLE (exit status 11): No way there.\nhint: Build one.');
  assert.deepEqual(JSON.parse(out).error, {
    code: 'CLUSTER_UNREACHABLE',
    exit: 11,
    message: 'No way there.',
    hint: 'Build one.',
  });
});

test('every form of output is one for clean-volume, too', async () => {
  for (const output of ['text', 'json', 'kanister']) {
    assert.equal((await run(['clean-volume', '--output', output])).status, 2);
  }
});

test('wrong usage ends with 2: an unknown command or way, a wrong quantity', async () => {
  assert.equal((await run(['status', '--cql-via', 'pigeon'])).status, 2);
  assert.equal((await run(['frob'])).status, 2);
  const { complaint, status } = await run(['status', '--embedded', '/x', '--timeout', 'soon']);
  assert.equal(status, 2);
  assert.match(complaint, /`soon` is not a duration such as 90s, 10m or 1h/);
});

test('a wrong value is answered with the right form, and every command names --help', async () => {
  for (const [args, form] of [
    [['verify', '--from', 'x'], /`x` is not backup:TAG, clones:SUFFIX or path:DIR\./],
    [['restore-table', 'a.b.c', '--from', 'path:d'], /`a\.b\.c` is not KEYSPACE or KEYSPACE\.TABLE/],
    [['after-restore', '--reserve', 'much'], /`much` is not a size such as 512MiB or 10GiB\./],
    [['status', '--concurrency', '0'], /`0` is not a number of nodes\./],
    [['rbac'], /required option '-n, --namespace <name>' not specified/],
    [['statsu'], /Did you mean status\?/],
  ] as const) {
    const { complaint, status } = await run(args);
    assert.equal(status, 2);
    assert.match(complaint, form);
    assert.match(complaint, /^Run with --help for all options and examples\.$/m);
  }
});

test('manifests grants nothing before namespaces are named, or all of them are asked for', async () => {
  const { out, complaint, status } = await run(['manifests', '--secret', 's']);
  assert.deepEqual([out, status], ['', 2]);
  assert.match(
    complaint,
    /does not say in which namespaces.*\n.*--datacenter-namespace NAME.*--cluster-wide/,
  );
  for (const both of [
    ['manifests', '--datacenter-namespace', 'a', '--cluster-wide', '--secret', 's'],
    ['manifests', '--datacenter-namespace', 'a', '--all-secrets', '--secret', 's'],
    ['rbac', '--namespace', 'a', '--all-secrets', '--secret', 's'],
  ]) {
    const refused = await run(both);
    assert.equal(refused.status, 2, both.join(' '));
    assert.match(refused.complaint, /cannot be used with option/);
  }
});

test('secrets that are not named are those that the datacenters use, looked up where the rights will hold', async () => {
  const asked: unknown[] = [];
  const find: Edge['findSecrets'] = async (cluster, namespaces) => {
    asked.push([cluster.context, namespaces]);
    return ['dse-superuser', 'mgmt-client'];
  };
  for (const [args, namespaces] of [
    [['rbac', '--namespace', 'a'], ['a']],
    [['rbac', '--namespace', 'a', '--cluster-wide'], 'all'],
    [
      ['manifests', '--datacenter-namespace', 'a', 'b'],
      ['a', 'b'],
    ],
    [['manifests', '--cluster-wide'], 'all'],
  ] as const) {
    const { out, status } = await run([...args, '--context', 'prod'], undefined, find);
    assert.equal(status, 0);
    assert.deepEqual(asked.pop(), ['prod', namespaces]);
    assert.match(out, /resourceNames:\n +- dse-superuser\n +- mgmt-client\n/);
  }
  const nowhere = () => assert.fail('it looked');
  assert.equal((await run(['rbac', '--namespace', 'a', '--secret', 's'], undefined, nowhere)).status, 0);
});

test('where they cannot be looked up, nothing is printed, and it is said how to name them', async () => {
  const find = () => {
    throw new KassetteError('CLUSTER_UNREACHABLE', 'No way there.', 'Build one.');
  };
  const { out, complaint, status } = await run(['rbac', '--namespace', 'a'], undefined, find);
  assert.deepEqual([out, status], ['', 11]);
  assert.match(complaint, /Which secrets the datacenters use could not be looked up: No way there\./);
  assert.match(complaint, /hint: Nothing was printed\. Name them: `--secret NAME\.\.\.`/);
});

test('rights that are wide are warned of on standard error and at the head of the file; others are not', async () => {
  const everywhere =
    /WARNING: These rights hold in every namespace|warning: These rights hold in every namespace/;
  const secrets =
    /WARNING: These rights allow reading every secret|warning: These rights allow reading every/;
  for (const [args, warnings] of [
    [['rbac', '--namespace', 'a'], []],
    [['manifests', '--datacenter-namespace', 'a'], []],
    [['rbac', '--namespace', 'a', '--cluster-wide'], [everywhere]],
    [['rbac', '--namespace', 'a', '--all-secrets'], [secrets]],
    [
      ['manifests', '--cluster-wide', '--all-secrets'],
      [everywhere, secrets],
    ],
  ] as const) {
    const { out, complaint, status } = await run(args);
    assert.equal(status, 0, complaint);
    for (const text of [out, complaint])
      for (const warning of [everywhere, secrets])
        assert.equal(warning.test(text), (warnings as readonly RegExp[]).includes(warning), args.join(' '));
    assert.equal(
      /^kind: ClusterRole$/m.test(out),
      args.some((a) => a === '--cluster-wide'),
    );
  }
});

test('`kassette help COMMAND` is the help of the command', async () => {
  const { out, status } = await run(['help', 'status']);
  assert.deepEqual([status, out], [0, (await run(['status', '--help'])).out]);
});

test('every command and option is completed in every shell', () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const script = completionScript(DESCRIPTORS, shell);
    for (const command of COMMANDS) assert(script.includes(command), `${command} in ${shell}`);
    assert(script.includes('keep-extra'));
  }
});

test('clean-volume refuses to guess which volume is meant, and a directory that is none', async () => {
  assert.deepEqual((await run(['clean-volume'])).status, 2);
  assert.deepEqual((await run(['clean-volume', 'a-claim', '--path', '/x'])).status, 2);
  const { status, out } = await run(['clean-volume', '--path', '/no/such/volume', '--output', 'json']);
  assert.deepEqual([status, JSON.parse(out).error.code], [47, 'NO_VOLUME']);
});

test('whoever stops reading its output does not end it', async () => {
  const child = spawn(process.execPath, ['src/main.ts', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const complaint = text(child.stderr);
  const [status] = await once(child, 'close');
  assert.deepEqual({ status, complaint: await complaint }, { status: 0, complaint: '' });
});

test('what is chosen about Jobs arrives, and what is no quantity or pair is refused', async () => {
  const targets: Target[] = [];
  const note: Edge['connect'] = async (target) => {
    targets.push(target);
    throw new KassetteError('NOT_FOUND', 'none', 'none');
  };
  const chosen = ['--job-limit', 'cpu=500m', 'memory=', '--job-label', 'a=b=c', '--job-user', '1000680000'];
  await run(['recover', ...chosen], note);
  await run(['verify', '--from', 'clones:x', '--job-request=memory=64Mi'], note);
  const none = { requests: {}, limits: {}, labels: {}, annotations: {}, user: undefined };
  assert.deepEqual(
    targets.map((t) => t.jobs),
    [
      {
        ...none,
        limits: { cpu: '500m', memory: '' },
        labels: { a: 'b=c' },
        user: { runAsUser: 1000680000, fsGroup: 1000680000 },
      },
      { ...none, requests: { memory: '64Mi' } },
    ],
  );
  for (const wrong of [
    ['--job-limit', 'cpu=much'],
    ['--job-label', 'a'],
    ['--job-user', 'root'],
  ]) {
    const { status, complaint } = await run(['recover', ...wrong], note);
    assert.equal(status, 2, complaint);
    assert.match(complaint, /is not (?:of the form|a user ID)/);
  }
});

test('manifests hands the Jobs’ options to the hook that may restore cold, and takes an image by digest', async () => {
  const image =
    'registry.example/kassette@sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae';
  const jobs = ['--job-limit', 'cpu=500m', '--job-annotation', 'why=a: b', '--hook-limit', 'cpu='];
  const { out, status } = await run([
    'manifests',
    '--datacenter-namespace',
    'ns',
    '--secret',
    's',
    '--image',
    image,
    ...jobs,
  ]);
  assert.equal(status, 0);
  const objects = parseAllDocuments(out).map((d) => d.toJS());
  const { actions } = objects.find((o) => o?.metadata.name === 'cassandra-bp');
  const { command, podOverride, image: named } = actions.afterRestore.phases[0].args;
  assert.deepEqual(command.slice(-4), [
    '--image',
    image,
    '--job-limit=cpu=500m',
    '--job-annotation=why=a: b',
  ]);
  assert.equal(named, image);
  assert.deepEqual(podOverride.containers[0].resources.limits, { memory: '512Mi' });
  assert.doesNotMatch(JSON.stringify(actions.beforeBackup), /--job-/);
});

test('every command that works on datacenters works on those of a whole K8ssandraCluster', async () => {
  const connected: string[] = [];
  const connect: Edge['connect'] = async ({ k8ssandraCluster = '' }) => {
    connected.push(k8ssandraCluster);
    throw new KassetteError('CLUSTER_UNREACHABLE', 'No way there.', 'Build one.');
  };
  const given = ['--namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo'];
  for (const { name, flags } of DESCRIPTORS.flatMap((c) => ('access' in c ? c : []))) {
    const more = [
      ...('names' in flags ? ['k.t'] : []),
      ...('from' in flags ? ['--from', 'clones:x'] : []),
      ...('claims' in flags ? ['server-data-x'] : []),
    ];
    const { status } = await run([...name.split(' '), ...more, ...given], connect);
    assert.deepEqual([status, connected.pop()], [11, 'demo'], name);
  }
  const both = await run(['status', ...given, '--embedded', '/tmp/x'], connect);
  assert.match(both.complaint, /cannot be used with option/);
});

test('rights for a K8ssandraCluster hold in the namespaces of its datacenters, for the secrets of each', async () => {
  const rbac = ['rbac', '--namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo'];
  const objects = async (...more: readonly string[]) => {
    const { out, status } = await run([...rbac, ...more]);
    assert.equal(status, 0);
    return parseAllDocuments(out).map((d) => d.toJS() as Role);
  };
  interface Role {
    readonly kind: string;
    readonly metadata: { readonly namespace?: string };
    readonly rules?: readonly { readonly resources: string[]; readonly resourceNames?: string[] }[];
  }
  const named = (roles: readonly Role[], resource: string) =>
    roles
      .filter((r) => r.kind === 'Role')
      .map((r) => [
        r.metadata.namespace,
        r.rules?.find((rule) => rule.resources.includes(resource))?.resourceNames,
      ]);
  const all = await objects();
  assert.deepEqual(named(all, 'secrets'), [
    ['k8ssandra', ['demo-superuser']],
    ['k8ssandra-b', ['demo-superuser', 'mgmt-b']],
  ]);
  assert.deepEqual(named(all, 'k8ssandraclusters'), [
    ['k8ssandra', ['demo']],
    ['k8ssandra-b', undefined],
  ]);
  assert.ok(all.every((o) => !o.kind.startsWith('Cluster')));
  assert.deepEqual(named(await objects('--secret', 'own'), 'secrets'), [
    ['k8ssandra', ['own']],
    ['k8ssandra-b', ['own']],
  ]);
});

test('`--for-namespace` without a K8ssandraCluster is wrong usage', async () => {
  for (const command of ['before-backup', 'after-backup', 'before-restore', 'after-restore']) {
    const { complaint, status } = await run([command, '--namespace', 'a', '--for-namespace', 'b']);
    assert.equal(status, 2, command);
    assert.match(complaint, /for which namespace of a K8ssandraCluster a hook is called, and none is named/);
  }
});

test('a restore to a second goes with nothing that decides how a backup is restored', async () => {
  const connect: Edge['connect'] = async () =>
    ({ clock: SYSTEM_CLOCK, runs: { note: async () => {} } }) as unknown as Ports;
  for (const other of [['--keep-extra'], ['--method', 'cold'], ['--for-namespace', 'k8ssandra']]) {
    const of = other[0] === '--for-namespace' ? ['--k8ssandra-cluster', 'demo'] : [];
    const { status, complaint } = await run(['after-restore', '--to', '10m ago', ...other, ...of], connect);
    assert.equal(status, 2);
    assert.match(complaint, /^error USAGE .* do not go with it\.$/m);
  }
});

test('a policy for a K8ssandraCluster selects all namespaces of its datacenters, with its own hooks; so does a restore of one of them', async () => {
  const given = ['--namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo'];
  const printed = async (...args: readonly string[]) => {
    const { out, status, complaint } = await run(args);
    assert.equal(status, 0, complaint);
    return parseAllDocuments(out).map((d) => d.toJS());
  };
  const [policy] = await printed('policy', ...given);
  assert.equal(policy.metadata.name, 'cassandra-k8ssandra-demo');
  assert.deepEqual(policy.spec.selector.matchExpressions[0].values, ['k8ssandra', 'k8ssandra-b']);
  const blueprint = 'kassette-k8ssandra.k8ssandra.demo';
  assert.deepEqual(policy.spec.actions[0].backupParameters.hooks, {
    preHook: { blueprint, actionName: 'beforeBackup' },
    onSuccess: { blueprint, actionName: 'afterBackup' },
    onFailure: { blueprint, actionName: 'backupFailed' },
  });
  const one = ['--restore-point', 'p', '--for-namespace', 'k8ssandra-b'];
  const [restore] = await printed('policy', ...given, ...one);
  assert.equal(restore.spec.targetNamespace, 'k8ssandra-b');
  assert.equal(restore.spec.hooks.onSuccess.blueprint, blueprint);
  const [own] = await printed('policy', ...given, '--restore-point', 'p');
  assert.equal(own.spec.targetNamespace, 'k8ssandra');
  for (const wrong of [
    ['policy', '--namespace', 'a', '--for-namespace', 'b'],
    ['policy', ...given, '--for-namespace', 'b'],
    ['policy', ...given, '--mode', 'datacenter'],
  ])
    assert.equal((await run(wrong)).status, 2, wrong.join(' '));
});

test('what is installed for a K8ssandraCluster: rights in the namespaces of its datacenters, and hooks that say which one they are for', async () => {
  const cluster = ['--datacenter-namespace', 'k8ssandra', '--k8ssandra-cluster', 'demo'];
  const { out, status } = await run([
    'manifests',
    ...cluster,
    '--image',
    'i:1',
    '--abandon-after-hours',
    '48',
  ]);
  assert.equal(status, 0);
  const objects = parseAllDocuments(out).map((d) => d.toJS());
  const roles = objects
    .filter((o) => o.kind === 'Role')
    .map((o) => `${o.metadata.namespace} ${o.metadata.name}`);
  assert.deepEqual(roles.toSorted(), [
    'k8ssandra kassette-doctor-datacenters:kassette:kassette',
    'k8ssandra kassette-k8ssandra:k8ssandra:demo:kassette:kassette',
    'k8ssandra-b kassette-doctor-datacenters:kassette:kassette',
    'k8ssandra-b kassette-k8ssandra:k8ssandra:demo:kassette:kassette',
    'kassette kassette-doctor-own:kassette:kassette',
    'kasten-io kassette-doctor:kassette:kassette',
  ]);
  const blueprints = objects.filter((o) => o.kind === 'Blueprint').map((o) => o.metadata.name);
  assert.deepEqual(blueprints.slice(0, 1), ['kassette-k8ssandra.k8ssandra.demo']);
  assert.ok(!blueprints.includes('cassandra-bp'));
  const { actions } = objects.find((o) => o.kind === 'Blueprint');
  const named = [
    '--namespace',
    'k8ssandra',
    '--k8ssandra-cluster',
    'demo',
    '--for-namespace',
    '{{ .Namespace.Name }}',
  ];
  for (const [name, { kind, phases }] of Object.entries<{
    kind: string;
    phases: { args: { command: string[] } }[];
  }>(actions)) {
    const words = phases[0]?.args.command ?? [];
    const at = words.indexOf('--namespace');
    assert.deepEqual([kind, words.slice(at, at + named.length)], ['Namespace', named], name);
  }
  assert.ok(actions.backupFailed.phases[0].args.command.includes('--failed'));
  assert.ok(actions.beforeBackup.phases[0].args.command.includes('48h'));
  for (const wrong of [
    ['manifests', '--k8ssandra-cluster', 'demo'],
    ['manifests', ...cluster, '--mode', 'datacenter'],
    ['manifests', '--k8ssandra-cluster', 'demo', '--datacenter-namespace', 'a', 'b'],
  ])
    assert.equal((await run(wrong)).status, 2, wrong.join(' '));
});

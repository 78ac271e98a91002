import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allCommands, buildProgram } from '../../../src/cli/program.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import type { Run } from '../../../src/domain/last-runs.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { openVolume } from '../../../src/wiring.ts';

const DOWN = new KassetteError('NODE_DOWN', 'n1 is down.', 'Start it.');
const SHORT = ['--timeout', '1s', '--namespace', 'ns'];

/** A command line on ports of which nothing works but what notes runs; what it printed, and all that was noted. */
async function run(args: readonly string[], last: readonly Run[] | null = []) {
  const [out, complaint, noted]: [string[], string[], Run[]] = [[], [], []];
  const statuses = [0];
  const refuse = () => Promise.reject(DOWN);
  const ports = {
    datacenters: { find: refuse, elsewhere: async () => [] },
    lease: { acquire: refuse },
    recovery: { volumes: refuse },
    events: { report: async () => {} },
    runs: { last: async () => last, note: async (r: Run) => void noted.push(r) },
    progress: {
      step: (_: string, work: (r: object) => unknown) => work({ count() {}, note() {} }),
      warn() {},
    },
    clock: { now: () => new Date('2026-03-01T02:15:00Z'), sleep: async () => {} },
  } as unknown as Ports;
  const program = buildProgram({
    signal: new AbortController().signal,
    connect: async () => ports,
    progress: () => ({ step: (_, work) => work({ count() {}, note() {} }), warn() {}, end() {} }),
    confirm: async () => false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void complaint.push(text),
    exit: (status) => void statuses.push(status),
    ...{ openVolume, findSecrets: async () => [], findK8ssandra: async () => [] },
    switchArchiving: async () => false,
  });
  for (const command of allCommands(program)) command.exitOverride();
  await program.parseAsync(['node', 'kassette', ...args]);
  return { out: out.join('\n'), complaint: complaint.join('\n'), status: statuses.at(-1), noted };
}

const WRITES: Readonly<Record<string, readonly string[]>> = {
  'before-backup': ['--output', 'kanister', '--datacenter', 'dc1'],
  'after-backup': ['--tag', 'kassette-20260301T021500Z-1a2b'],
  'after-restore': [],
  recover: [],
  'restore-table': ['k.t', '--from', 'backup:kassette-20260301T021500Z-1a2b'],
  'clean-volume': ['a-claim'],
};
for (const [command, args] of Object.entries(WRITES)) {
  test(`${command} that fails at once is noted: its beginning, and why it ended`, async () => {
    const { status, noted } = await run([command, ...args, ...SHORT]);
    assert.equal(status, DOWN.exit);
    assert.deepEqual(
      noted.map((r) => [r.id === noted[0]?.id, r.command, r.code, r.message, r.endedAt === null]),
      [
        [true, command, null, '', true],
        [true, command, 'NODE_DOWN', 'n1 is down.', false],
      ],
    );
    const isBackup = command === 'before-backup';
    assert.deepEqual([noted[1]?.hook, noted[1]?.datacenters], [isBackup, isBackup ? ['dc1'] : []]);
    assert.equal(noted[1]?.tag ?? null, command === 'after-backup' ? args[1] : null);
  });
}

test('what before-restore finds is no failure, and is noted by its code', async () => {
  const { status, noted } = await run(['before-restore', ...SHORT]);
  assert.equal(status, 0);
  assert.deepEqual([noted.at(-1)?.code, noted.at(-1)?.message], ['NODE_DOWN', 'NODE_DOWN: n1 is down.']);
});

test('what only looks is not noted', async () => {
  for (const args of [
    ['status'],
    ['plan'],
    ['verify', '--from', 'backup:kassette-20260301T021500Z-1a2b'],
    ['clean-volume', 'a-claim', '--dry-run'],
  ])
    assert.deepEqual((await run([...args, ...SHORT])).noted, [], args.join(' '));
});

test('status says what the last runs came to though it fails, as text and as JSON', async () => {
  const last: Run = {
    ...{ id: 'a', command: 'recover', hook: false, datacenters: [], tag: null, code: null, message: '' },
    ...{ startedAt: '2026-03-01T02:15:00.000Z', endedAt: null },
  };
  const text = await run(['status', ...SHORT], [last]);
  assert.match(text.out, /recover: no end noted; it still runs, or was killed$/);
  assert.match(text.complaint, /^error NODE_DOWN \(exit status 20\): n1 is down\.\nhint: /);
  const json = await run(['status', '--output', 'json', ...SHORT], [last]);
  const { ok, error, result } = JSON.parse(json.out);
  assert.deepEqual(
    [ok, error.code, error.exit, result],
    [false, 'NODE_DOWN', 20, { clusters: [], runs: [last] }],
  );
  assert.deepEqual([text.status, json.status], [20, 20]);
});

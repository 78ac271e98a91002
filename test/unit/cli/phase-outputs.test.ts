import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterBackupCommand } from '../../../src/cli/commands/after-backup.ts';
import { phaseOutputs } from '../../../src/cli/phase-outputs.ts';
import { renderAfterBackup, renderBeforeBackup } from '../../../src/cli/render/backup.ts';
import { type CommandValues, type Edge, runCommand } from '../../../src/cli/run.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { SYSTEM_CLOCK } from '../../../src/ports/until.ts';

/** As Kanister reads a pod's log: after the separator JSON with two texts, and nothing else in the line. */
function read(log: string): Readonly<Record<string, string>> {
  const lines = log.split('\n').filter((line) => line.includes('###Phase-output###:'));
  const pairs = lines.map((line) => JSON.parse(line.slice(line.indexOf(':') + 1)) as Record<string, unknown>);
  for (const { key, value } of pairs) assert.ok(/^\w+$/.test(String(key)) && typeof value === 'string');
  return Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
}

const cluster = {
  cluster: 'dse',
  datacenters: ['a'],
  nodes: 3,
  tables: 5,
  files: 70,
  bytes: 900,
  viewsToRebuild: [],
  bytesUnlinked: 0,
  crampedUnlinked: [],
};

test("a backup's action shows tag, skew, tables, bytes and time", () => {
  const { outputs } = renderBeforeBackup({
    tag: 'kassette-20260301T021500Z-1a2b',
    startedAt: '2026-03-01T02:15:00.000Z',
    seconds: 4.5,
    skewMs: 12,
    removed: [],
    kept: [],
    abandonedAt: '2026-03-02T02:15:00.000Z',
    clusters: [cluster, { ...cluster, cluster: 'other', nodes: 1 }],
  });
  assert.deepEqual(read(phaseOutputs(outputs ?? {}).join('\n')), {
    tag: 'kassette-20260301T021500Z-1a2b',
    skewMs: '12',
    seconds: '4.5',
    abandonedAt: '2026-03-02T02:15:00.000Z',
    nodes: '4',
    tables: '10',
    files: '140',
    bytes: '1800',
  });
});

test('--output kanister prints the text and then the outputs; what holds quotes and line ends stays one line', async () => {
  const out: string[] = [];
  const edge: Edge = {
    signal: new AbortController().signal,
    connect: async () => ({ clock: SYSTEM_CLOCK, runs: { note: async () => {} } }) as unknown as Ports,
    progress: () => ({ step: (_, work) => work({ count() {}, note() {} }), warn() {}, end() {} }),
    confirm: async () => false,
    stdout: (text) => void out.push(text),
    stderr: (text) => assert.fail(text),
    exit: (status) => assert.fail(String(status)),
    openVolume: () => assert.fail('no directory'),
    findSecrets: async () => ['dse-superuser'],
    switchArchiving: async () => false,
    findK8ssandra: async () => [],
  };
  const flags = { output: 'kanister', level: 'info' } as CommandValues;
  const rendered = renderAfterBackup({
    ...{ removed: ['a', 'b"\n'], closed: 'a', kept: [], nodes: 3, seconds: 1 },
    left: [{ tag: 'c', why: 'it was made by hand' }],
  });
  await runCommand(
    edge,
    { ...afterBackupCommand, run: async () => null, render: () => rendered, noteOf: () => ({}) },
    flags,
    [],
  );
  assert.ok(out.join('\n').startsWith(rendered.text));
  assert.deepEqual(read(out.join('\n')), {
    removed: 'a, b"\n',
    closed: 'a',
    left: 'c',
    nodes: '3',
    seconds: '1',
  });
});

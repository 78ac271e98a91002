import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ColdStage, Datacenter } from '../../../../src/domain/cluster/topology.ts';
import {
  parseRewindJournal,
  renderRewindJournal,
  type Stage,
} from '../../../../src/domain/rewind/journal.ts';
import type { RewindOptions } from '../../../../src/engine/rewind/options.ts';
import { rewind } from '../../../../src/engine/verbs/point-in-time/rewind.ts';
import type { Confirm } from '../../../../src/ports/platform/recovery.ts';
import type { Ports } from '../../../../src/ports/ports.ts';

// Two nodes that an earlier run has set back, or put back, and of which it may have started one.

const TO = '2026-03-01T14:02:59.000Z';
const NAMES = ['n-0', 'n-1'];
const member = (name: string) => ({
  ...{ cluster: 'c', datacenter: 'd', rack: 'r', address: name, hostId: name, tokens: [name], local: false },
  ...{ releaseVersion: '5.0.6', schemaVersion: 's', status: 'NORMAL', alive: true },
});

function halfStarted(stage: Stage, coldRestore: ColdStage | undefined, up: readonly string[]) {
  const journal = {
    ...({ version: 1, stage, to: TO, tag: 'kassette-20260301T021500Z-1a2b' } as const),
    ...{ startedAt: TO, rewoundAt: TO, earlier: null },
  };
  const texts = new Map<string, string | null>(NAMES.map((n) => [n, renderRewindJournal(journal)]));
  const done: string[] = [];
  let [mark, running] = [coldRestore, up];
  const datacenter = () =>
    ({
      ...{
        name: 'd',
        cluster: 'c',
        unready: null,
        nodes: NAMES.map((name) => ({ name, cluster: 'c', datacenter: 'd', address: name })),
      },
      ...(mark === undefined ? {} : { coldRestore: mark }),
      ...(mark === undefined ? {} : { unready: { reason: 'is stopped', passing: false } }),
    }) as unknown as Datacenter;
  const asked = async () => ({
    ...{ datacenter: 'd', stopped: mark !== undefined && running.length === 0, revision: null, noted: null },
    ...{ racks: null, release: null, by: null },
  });
  const volume = ({ name }: { readonly name: string }) =>
    ({
      rewinding: async () => texts.get(name) ?? null,
      writeJournal: async (text: string | null) => void texts.set(name, text),
      ...{
        backups: async () => [],
        user: async () => null,
        discard: async () => {},
        unguard: async () => {},
      },
      forget: async () => void done.push(`forget ${name}`),
    }) as never;
  const ports = {
    ...{ datacenters: { find: async () => [datacenter()] }, rewinding: { volume } },
    ...{ clock: { now: () => new Date('2026-03-01T15:00:00Z'), sleep: async () => {} } },
    lease: {
      acquire: async () => ({
        ...{ lost: new AbortController().signal, confirm: async () => {}, release: async () => {} },
      }),
    },
    progress: {
      step: (_: string, work: (r: object) => unknown) => work({ note() {}, count() {} }),
      warn() {},
    },
    control: {
      isReady: async ({ name }: { readonly name: string }) => running.includes(name),
      endpoints: async () => NAMES.map(member),
      schemaVersions: async () => new Map([['s', NAMES]]),
    },
    recovery: {
      ...{ asked, users: async () => running, volumes: async () => [] },
      async stop(_: Datacenter, stage: ColdStage, confirm: Confirm) {
        await confirm(await asked());
        [mark, running] = [stage, []];
        done.push('stop');
      },
      async start(_: Datacenter, __: string, confirm: Confirm) {
        await confirm(await asked());
        [mark, running] = [undefined, NAMES];
        done.push('start');
      },
    },
  } as unknown as Ports;
  const run = (given: Partial<RewindOptions>) =>
    rewind(ports, {
      ...{ datacenters: [], timeoutMs: 0, concurrency: 2, signal: new AbortController().signal },
      ...{ undo: false, accept: false, dryRun: false, reserveBytes: 0, ...given },
    });
  const stages = () => NAMES.map((n) => parseRewindJournal(n, texts.get(n) ?? null)?.stage ?? null);
  return { run, done, stages };
}

for (const up of [[], ['n-0']])
  test(`set back, ${up.length} of its nodes started: the same command starts all of them`, async () => {
    const { run, done, stages } = halfStarted('rewound', 'changing', up);
    assert.equal((await run({ to: TO })).outcome, 'rewound');
    assert.equal(done.at(-1), 'start');
    assert.deepEqual(stages(), ['running', 'running']);
    assert.equal((await run({ to: TO })).outcome, 'unchanged');
  });

test('put back, one of its nodes started: the same command starts all of them', async () => {
  const { run, done, stages } = halfStarted('put-back', 'changing', ['n-0']);
  assert.equal((await run({ undo: true })).outcome, 'undone');
  assert.deepEqual(done.slice(-3), ['start', 'forget n-0', 'forget n-1']);
  assert.deepEqual(stages(), [null, null]);
});

test('what was before is not removed before all nodes run on what the rewind has made', async () => {
  for (const up of [[], ['n-0']]) {
    const { run, done, stages } = halfStarted('rewound', 'changing', up);
    await assert.rejects(run({ accept: true }), { code: 'REWIND_PENDING' });
    assert.deepEqual([done, stages()], [[], ['rewound', 'rewound']]);
  }
  const one = halfStarted('running', undefined, ['n-0']);
  await assert.rejects(one.run({ accept: true }), { code: 'NODE_DOWN' });
  assert.deepEqual(one.stages(), ['running', 'running']);
  const both = halfStarted('running', undefined, NAMES);
  assert.equal((await both.run({ accept: true })).outcome, 'accepted');
  assert.deepEqual(both.stages(), [null, null]);
});

test('a cold restore that was begun over what a rewind has made is not started by it', async () => {
  const { run, done } = halfStarted('running', 'changing', []);
  await assert.rejects(run({ to: TO }), { code: 'NOT_READY' });
  assert.deepEqual(done, []);
});

import assert from 'node:assert/strict';
import {
  promises as fs,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { parseRewindJournal } from '../../../src/domain/rewind/journal.ts';
import { planRewinding } from '../../../src/domain/rewind/next.ts';
import type { ReplayReport } from '../../../src/domain/rewind/replay-report.ts';
import type { CleanVolumeOptions } from '../../../src/engine/cold/volume/options.ts';
import { noteBegun } from '../../../src/engine/rewind/begun.ts';
import { checkedLogs } from '../../../src/engine/rewind/logs.ts';
import type { RewindNode, RewindOptions } from '../../../src/engine/rewind/options.ts';
import { release, setBack } from '../../../src/engine/rewind/set-back.ts';
import { acceptAll, forgetAll, noteUndo, putAllBack } from '../../../src/engine/rewind/undo.ts';
import { cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import type { ReplayPass } from '../../../src/ports/platform/rewinding.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { openRewindVolume, openVolume } from '../../../src/wiring.ts';
import { inTestAll } from '../../tiers.ts';
import { segment } from '../../unit/domain/rewind/segment.ts';
import { makeBackup, makeVolume, put, TABLES, TAG } from './crashed-volume.ts';

// A rewind of a real directory, killed at calls that change a file, and run again. What Cassandra makes of the log is for the tests with Cassandra.
const NONE = { count() {}, note() {} };
const progress = { step: <T>(_: string, work: (r: typeof NONE) => Promise<T>) => work(NONE), warn() {} };
const OPTIONS = { signal: new AbortController().signal, concurrency: 4 } as RewindOptions;
const AT = new Date('2026-03-01T14:02:59Z');
const FIRST = Date.parse('2026-03-01T02:15:00Z');
const BASE = { first: String(FIRST), startedAt: AT.toISOString(), endedAt: AT.toISOString() };
const made: string[] = [];
after(() => {
  for (const root of made) rmSync(root, { recursive: true });
});

function newVolume(): string {
  const root = mkdtempSync(join(tmpdir(), 'kassette-rewind-'));
  made.push(root);
  makeVolume(root);
  rmSync(join(root, 'commitlog/CommitLog-7-1.log'));
  // The last one is still being written; the one before it is in both places.
  for (const [n, places] of [
    ['kassette/commitlog'],
    ['kassette/commitlog', 'commitlog'],
    ['commitlog'],
  ].entries()) {
    const id = BigInt(FIRST + n);
    for (const place of places) {
      mkdirSync(join(root, place), { recursive: true });
      writeFileSync(join(root, place, `CommitLog-8-${id}.log`), segment(id, [[40 + n]], '{}', 256));
    }
  }
  return root;
}

/** Every file with its content; without what is only about how far it has come. */
function contentOf(root: string): ReadonlyMap<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
  const files = names.filter((n) => statSync(join(root, n)).isFile());
  const isNote = (n: string) => /^kassette\/rew(ind|ound)\.json(\.part)?$/.test(n);
  return new Map(files.filter((n) => !isNote(n)).map((n) => [n, readFileSync(join(root, n), 'latin1')]));
}

const REPORT: ReplayReport = {
  ...{ replayed: 3, later: 0, laterSchema: 0, skipped: 0, torn: 0, unknown: {}, lastWrites: {}, views: {} },
  ...{ truncatedBefore: {}, indexesBefore: {}, indexes: {} },
  truncatedAfter: { [idOf(TABLES.second)]: 'aa' },
  tables: Object.fromEntries([TABLES.indexed, TABLES.second].map((t) => [idOf(t), t])),
};

function idOf(directory: string): string {
  const hex = directory.slice(-32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Leaves in the volume what says what it was given. */
async function replay(root: string, { pass, segments }: ReplayPass): Promise<ReplayReport> {
  assert.equal(statSync(join(root, 'commitlog')).isFile(), true, 'no other Cassandra may start meanwhile');
  const texts = segments.map((s) => readFileSync(join(root, s.path), 'latin1'));
  put(root, `kassette/rewind/log/CommitLog-8-1.log`, 'its own');
  const table = pass === 'schema' ? TABLES.tables : TABLES.indexed;
  put(root, `${table}/nb-9-big-Data.db`, `${pass}: ${texts.join('')}`);
  if (pass === 'all') put(root, 'data/system/_paxos_repair_state/ballot.meta', 'of the replay');
  return REPORT;
}

async function nodesOf(root: string): Promise<readonly RewindNode[]> {
  const node = { name: 'n-0', cluster: 'c' } as Node;
  const volume = { ...openRewindVolume(root, 'n-0'), user: async () => null };
  return [{ node, volume, journal: parseRewindJournal('n-0', await volume.rewinding()) }];
}

const portsOf = (root: string) =>
  ({
    ...{ progress, clock: { now: () => AT } },
    rewinding: {
      volume: () => openRewindVolume(root, 'n-0'),
      replay: (_: Node, pass: ReplayPass) => replay(root, pass),
    },
  }) as unknown as Ports;

/** As the verb does it, the nodes stopped. */
async function run(root: string, kind: 'rewind' | 'undo' | 'accept'): Promise<void> {
  const nodes = await nodesOf(root);
  const journals = new Map(nodes.map((n) => [n.node.name, n.journal] as const));
  const asked = kind === 'rewind' ? ({ kind, to: AT.toISOString() } as const) : { kind };
  const next = planRewinding('c', journals, asked);
  if (next.kind === 'undo') {
    await putAllBack(portsOf(root), await noteUndo(nodes), OPTIONS);
    await forgetAll(nodes);
  } else if (next.kind === 'accept') {
    await acceptAll(nodes);
  } else if (next.kind !== 'nothing') {
    const isWhole = nodes.every((n) => n.journal?.stage === 'rewound');
    const base = { tag: TAG, on: new Map([['n-0', BASE]]) };
    const begun = await noteBegun(nodes, { at: AT, tag: TAG, startedAt: AT });
    if (!isWhole) await setBack(portsOf(root), begun, { at: AT, base, seen: new Map() }, OPTIONS);
    await release(nodes);
  }
}

const CHANGES = ['rename', 'rm', 'link', 'mkdir'] as const;

/** Let the process end right before its n-th call that changes a file; how many there were. */
async function killedAt(n: number, work: () => Promise<void>): Promise<number> {
  const real = CHANGES.map((name) => [name, fs[name]] as const);
  let calls = 0;
  for (const [name, original] of real)
    Object.assign(fs, {
      [name]: async (...args: never[]) => {
        if (++calls > n) throw new Error('killed');
        return (original as (...a: never[]) => unknown)(...args);
      },
    });
  try {
    await work();
  } catch (error) {
    assert.match(String(error), /killed/);
    await atRest();
  } finally {
    Object.assign(fs, Object.fromEntries(real));
  }
  return calls;
}

/** What was under way beside what was killed has come to its own end: nothing of a process that is gone goes on. */
async function atRest(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) {
    await nextTurn();
    if (process.getActiveResourcesInfo().some((name) => name.startsWith('FSReq'))) turns = 0;
  }
}

test('live files give way to the base and what is replayed of the log, and an undo gives all of them back', async () => {
  const root = newVolume();
  const before = contentOf(root);
  await run(root, 'rewind');
  const rewound = contentOf(root);
  const own = (table: string) =>
    [...rewound.keys()].filter((n) => n.startsWith(`${table}/`) && !/\/(snapshots|backups)\//.test(n));
  assert.deepEqual(own(TABLES.newer), [], 'the backup does not have it');
  assert.deepEqual(own(TABLES.second), [], 'it was truncated since');
  assert.match(rewound.get(`${TABLES.indexed}/nb-9-big-Data.db`) ?? '', /^all: /);
  assert.match(rewound.get(`${TABLES.tables}/nb-9-big-Data.db`) ?? '', /^schema: /);
  const snapshot = `${TABLES.indexed}/snapshots/${TAG}/nb-1-big-Data.db`;
  assert.equal(rewound.get(`${TABLES.indexed}/nb-1-big-Data.db`), before.get(snapshot));
  for (const empty of [
    'commitlog',
    'kassette/commitlog',
    'hints',
    'cdc_raw',
    'data/system/_paxos_repair_state',
  ])
    assert.deepEqual(readdirSync(join(root, empty)), [], empty);
  put(root, `${TABLES.indexed}/nb-10-big-Data.db`, 'written since');
  put(root, 'commitlog/CommitLog-8-9999999999999.log', 'written since');
  put(root, 'kassette/commitlog/CommitLog-8-9999999999998.log', 'archived since');
  await run(root, 'undo');
  assert.deepEqual(contentOf(root), before);
  assert.deepEqual(readdirSync(join(root, 'kassette')).toSorted(), ['commitlog', TAG].toSorted());
});

test('a backup that was made since is none after an undo: it is of another history than the log', async () => {
  const root = newVolume();
  await run(root, 'rewind');
  const later = 'kassette-20260302T021500Z-1a2b';
  makeBackup(root, later);
  await run(root, 'undo');
  const complete = (await openVolume(root, progress).volume.backups()).filter((b) => b.complete);
  assert.deepEqual(
    complete.map((b) => b.tag),
    [TAG],
  );
});

test('accepted, nothing of before is left', async () => {
  const root = newVolume();
  await run(root, 'rewind');
  const rewound = [...contentOf(root)].filter(([n]) => !n.startsWith('kassette/rewind/'));
  await run(root, 'accept');
  assert.deepEqual([...contentOf(root)], rewound);
  assert.equal(readdirSync(join(root, 'kassette')).includes('rewind'), false);
});

/** Calls at which a run is killed: some of each part of it, or all. */
const points = (calls: number) =>
  Array.from({ length: calls }, (_, n) => n).filter((n) => inTestAll || n < 8 || n % 41 === 0);

function assertSame(root: string, expected: ReadonlyMap<string, string>, what: string): void {
  const found = contentOf(root);
  const names = new Set([...found.keys(), ...expected.keys()]);
  assert.deepEqual(
    [...names].filter((name) => found.get(name) !== expected.get(name)),
    [],
    what,
  );
}

async function inNewVolume(work: (root: string) => Promise<void>): Promise<void> {
  const root = newVolume();
  await work(root);
  rmSync(root, { recursive: true });
  made.splice(made.indexOf(root), 1);
}

test('killed at every call that changes a file, and run again or undone: the same', async () => {
  const [whole, count] = [newVolume(), newVolume()];
  await run(whole, 'rewind');
  const rewound = contentOf(whole);
  const calls = await killedAt(Number.POSITIVE_INFINITY, () => run(count, 'rewind'));
  assert(calls > 50, `${calls} calls`);
  for (const n of points(calls)) {
    await inNewVolume(async (root) => {
      await killedAt(n, () => run(root, 'rewind'));
      await run(root, 'rewind');
      assertSame(root, rewound, `killed at call ${n}`);
    });
    await inNewVolume(async (root) => {
      const before = contentOf(root);
      await killedAt(n, () => run(root, 'rewind'));
      await run(root, 'undo');
      assertSame(root, before, `killed at call ${n}, then undone`);
    });
  }
});

test('an undo that is killed at every call, and run again, brings everything back', async () => {
  const count = newVolume();
  await run(count, 'rewind');
  const calls = await killedAt(Number.POSITIVE_INFINITY, () => run(count, 'undo'));
  for (const n of points(calls))
    await inNewVolume(async (root) => {
      const before = contentOf(root);
      await run(root, 'rewind');
      await killedAt(n, () => run(root, 'undo'));
      await run(root, 'undo');
      assertSame(root, before, `killed at call ${n}`);
    });
});

test('an archive that stopped is seen before anything is moved and afterwards, and refused beyond', async () => {
  const root = newVolume();
  const last = Date.parse('2026-03-01T14:02:00Z') / 1000;
  utimesSync(join(root, `kassette/commitlog/CommitLog-8-${FIRST}.log`), last, last);
  put(root, 'kassette/commitlog/stopped', `${last} CommitLog-8-${FIRST + 1}.log full\n`);
  const before = contentOf(root);
  const facts = { base: { tag: TAG, on: new Map([['n-0', BASE]]) }, target: AT, seen: new Map() };
  const refused = { code: 'LOG_GAP', message: /its archive stopped at 2026-03-01T14:02:00Z.*\(full\)/ };
  const look = checkedLogs(portsOf(root), await nodesOf(root), 'live', facts, OPTIONS);
  await assert.rejects(look, { ...refused, hint: /^Nothing was changed\./ });
  assert.deepEqual(contentOf(root), before);
  const kept = /^The state before the rewind is kept: run `kassette rewind --undo`\. From this backup/;
  await assert.rejects(run(root, 'rewind'), { ...refused, hint: kept });
  await run(root, 'undo');
  assert.deepEqual(contentOf(root), before);
});

test('a cold restore refuses a volume of which a rewind has begun and not ended', async () => {
  const root = newVolume();
  await killedAt(12, () => run(root, 'rewind'));
  const options: CleanVolumeOptions = {
    ...{ tag: undefined, dryRun: false, listed: false, keepDisplaced: false, again: false },
    ...{ verify: 'quick', elsewhere: false, expected: {}, signal: OPTIONS.signal },
  };
  const before = contentOf(root);
  await assert.rejects(cleanVolume(openVolume(root, progress), options), { code: 'REWIND_PENDING' });
  assert.deepEqual(contentOf(root), before);
});

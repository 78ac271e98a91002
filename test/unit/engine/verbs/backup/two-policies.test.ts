import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';
import { afterBackup } from '../../../../../src/engine/verbs/after-backup.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import type { World } from '../../../../simulation/cluster/world.ts';
import {
  assertNextBackupIsKept,
  HOUR,
  PolicyRun,
  policyCluster,
  rest,
  restorableIn,
} from '../../../../simulation/runs/policy-run.ts';

// What hooks of two policies do to each other; in every order and killed at every call: test/simulation/two-policies.test.ts.
const OPTIONS = {
  ...{ datacenters: [], timeoutMs: 1000, concurrency: 2, tag: undefined },
  signal: new AbortController().signal,
};
const given = policyCluster();
after(() => given.remove());
let world: World;
beforeEach(() => {
  world = given.copy();
});
afterEach(() => world.remove());

test('one policy is refused as BUSY while the other one makes its backup: its failure hook leaves that alone', async () => {
  for (const run of ['run-1', null]) {
    const both = given.copy();
    const p2 = new PolicyRun(both, { run });
    const second = p2.parts();
    const p1 = new PolicyRun(both, { run: run && 'run-0', meanwhile: () => second.next() });
    const first = p1.parts();
    await first.next();
    assert.deepEqual(p2.failures, ['before BUSY', 'before BUSY']);
    await rest(second);
    for (const event of [/^BackupRefused: .* run works on/m, /^BackupLeft: Backup kassette-/m])
      assert.match(both.events.join('\n'), event);
    await rest(first);
    assert.ok(p1.kept && p1.restoresTo === p1.tag && !p2.kept);
    both.remove();
  }
});

function second({ cluster }: World): Node {
  const node = cluster.nodes[1];
  if (node === undefined) throw new Error('There is one node only.');
  return node;
}

/** A file of the second node's snapshot. */
function saved(world: World, tag: string, component: string): string {
  const [directory = ''] = world.cluster.at(second(world)).snapshotsOf(tag);
  return join(directory, readdirSync(directory).find((name) => name.endsWith(component)) ?? component);
}

/** Another file in its place: what is live is the same one. */
function cut(path: string): void {
  rmSync(path);
  writeFileSync(path, 'cut');
}

/** What somebody does to the volumes while they are copied. */
const HARMS: readonly [string, (world: World, tag: string) => unknown][] = [
  ['NO_BACKUP', (w, tag) => afterBackup(w.ports(), { ...OPTIONS, tag })],
  ['NO_BACKUP', (w) => afterBackup(w.ports(), OPTIONS)],
  ['FILES_DAMAGED', (w, tag) => rmSync(saved(w, tag, 'Data.db'))],
  ['FILES_DAMAGED', (w, tag) => cut(saved(w, tag, 'Digest.crc32'))],
  ['BACKUP_INCOMPLETE', (w, tag) => rmSync(join(second(w).volume, 'kassette', tag), { recursive: true })],
  [
    'MANIFEST_DAMAGED',
    ({ cluster }, tag) => {
      const [node] = cluster.nodes;
      const path = `kassette/${tag}/backup.json`;
      if (node !== undefined) cluster.putFile(node, path, cluster.readFile(node, path).slice(9));
    },
  ],
];

test('what was removed by hand during the copies fails the success hook, and so does what is damaged', async () => {
  for (const [code, harm] of HARMS) {
    for (const run of ['run-0', null]) {
      const harmed = given.copy();
      const one = new PolicyRun(harmed, { run });
      const parts = one.parts();
      await parts.next();
      await harm(harmed, one.tag ?? '');
      await rest(parts);
      assert.deepEqual([one.kept, one.failures[0]], [false, `end ${code}`]);
      assert.match(harmed.events.join('\n'), /^BackupCloseFailed: /m);
      await assertNextBackupIsKept(harmed, code);
      harmed.remove();
    }
  }
});

test('run again after success the hook says that the backup was closed before', async () => {
  const hook = { ...OPTIONS, run: 'a', hook: true };
  const { tag } = await beforeBackup(world.ports(), hook);
  const { removed, closed } = await afterBackup(world.ports(), hook);
  assert.deepEqual([removed, closed], [[tag], tag]);
  const again = await afterBackup(world.ports(), hook);
  assert.deepEqual([again.removed, again.closed, again.left], [[], tag, []]);
  // Not by the hook of another run: what that one has copied is not there.
  await assert.rejects(afterBackup(world.ports(), { ...hook, run: 'b' }), { code: 'NO_BACKUP' });
  // A late repetition leaves what another run has made since.
  const next = await beforeBackup(world.ports(), { ...hook, run: 'b' });
  const late = await afterBackup(world.ports(), hook);
  assert.deepEqual([late.removed, late.closed, late.left.map((l) => l.tag)], [[], tag, [next.tag]]);
  assert.equal(restorableIn(world), next.tag);
});

test('an open backup is refused with when it is abandoned and what to do; abandoned it is removed, and its run is told', async () => {
  const started = world.cluster.state.nowMs;
  const { tag, abandonedAt } = await beforeBackup(world.ports(), {
    ...OPTIONS,
    run: 'a',
    hook: true,
    abandonAfterMs: 2 * HOUR,
  });
  assert.ok(Math.abs(Date.parse(abandonedAt) - started - 2 * HOUR) < 1000);
  const next = { ...OPTIONS, run: 'b', hook: true };
  await assert.rejects(beforeBackup(world.ports(), next), {
    code: 'BACKUP_OPEN',
    exit: 43,
    message: new RegExp(
      `^Backup ${tag} of c, made by run a at 2026-\\S+, is open: .* abandoned from ${abandonedAt}\\.$`,
    ),
    hint: new RegExp(`\`kassette after-backup --tag ${tag}\``),
  });
  assert.equal(restorableIn(world), tag);
  world.cluster.state.nowMs += 2 * HOUR;
  const second = await beforeBackup(world.ports(), next);
  assert.deepEqual(second.removed, [tag]);
  assert.match(
    world.events.join('\n'),
    new RegExp(`^BackupGivenUp: Backup ${tag} counts as abandoned since`, 'm'),
  );
  const message = new RegExp(
    `^Backup ${tag} was removed before the hook of its own run came, and backup ${second.tag} has been made by run b since`,
  );
  await assert.rejects(afterBackup(world.ports(), { ...OPTIONS, run: 'a', hook: true }), {
    code: 'NO_BACKUP',
    message,
  });
  assert.equal(restorableIn(world), second.tag);
});

test('a hook’s run that starts over, or names the tag again, makes its own backup anew', async () => {
  const hook = { ...OPTIONS, run: 'a', hook: true };
  const first = await beforeBackup(world.ports(), hook);
  world.cluster.state.nowMs += HOUR;
  const second = await beforeBackup(world.ports(), hook);
  assert.deepEqual(second.removed, [first.tag]);
  const named = { ...OPTIONS, tag: second.tag };
  assert.equal((await beforeBackup(world.ports(), named)).tag, second.tag);
});

test('with a tag the failure hook removes that backup alone, and --close closes that one alone', async () => {
  const { tag } = await beforeBackup(world.ports(), OPTIONS);
  const other = 'kassette-20200101T000000Z-0001';
  const failed = { ...OPTIONS, hook: true, failed: true };
  const { removed, left } = await afterBackup(world.ports(), { ...failed, tag: other });
  assert.deepEqual([removed, left.map((l) => l.tag)], [[], [tag]]);
  await assert.rejects(afterBackup(world.ports(), { ...OPTIONS, close: true, tag: other }), {
    code: 'NO_BACKUP',
  });
  assert.equal((await afterBackup(world.ports(), { ...OPTIONS, close: true, tag })).closed, tag);
  const again = await beforeBackup(world.ports(), OPTIONS);
  assert.deepEqual((await afterBackup(world.ports(), { ...failed, tag: again.tag })).removed, [again.tag]);
});

/** The nodes' clocks are so much ahead of the one of whoever runs kassette. */
function withClocksAhead(world: World, milliseconds: number): Ports {
  const ports = world.ports();
  const at = () => new Date(ports.clock.now().getTime() + milliseconds);
  const { volumes } = ports;
  const survey: Ports['volumes']['survey'] = async (node) => ({
    ...(await volumes.survey(node)),
    clock: at(),
  });
  const get = (_: Ports['volumes'], name: keyof Ports['volumes']) =>
    name === 'survey' ? survey : volumes[name].bind(volumes);
  return {
    ...ports,
    volumes: new Proxy(volumes, { get: get as ProxyHandler<Ports['volumes']>['get'] & {} }),
  };
}

test('a clock that is ahead makes no open backup abandoned, and one that is behind when it is made no sooner', async () => {
  const [mine, theirs] = ['a', 'b'].map((run) => ({ ...OPTIONS, run, hook: true, abandonAfterMs: 2 * HOUR }));
  assert.ok(mine !== undefined && theirs !== undefined);
  const { tag } = await beforeBackup(withClocksAhead(world, 3 * HOUR), mine);
  world.cluster.state.nowMs += 3 * HOUR;
  // Here nobody says what nodes' clocks say.
  await assert.rejects(beforeBackup(world.ports(), theirs), { code: 'BACKUP_OPEN' });
  world.cluster.state.nowMs += 3 * HOUR;
  await assert.rejects(beforeBackup(withClocksAhead(world, -3 * HOUR), theirs), { code: 'BACKUP_OPEN' });
  const { removed } = await beforeBackup(withClocksAhead(world, HOUR), theirs);
  assert.deepEqual(removed, [tag]);
});

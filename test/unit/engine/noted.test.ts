import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { KassetteError } from '../../../src/domain/errors.ts';
import { type AboutRun, noted } from '../../../src/engine/noted.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { World } from '../../simulation/cluster/world.ts';
import { backUp, livingCluster } from '../../simulation/runs/history.ts';
import type { Process } from '../../simulation/runs/process.ts';

const golden = livingCluster();
after(() => golden.remove());

const HOOK: AboutRun = { command: 'before-backup', hook: true, datacenters: [], tag: null };

/** `before-backup` as the command line runs it. */
const asHook =
  (change: (ports: Ports) => Ports = (ports) => ports) =>
  (ports: Ports, process: Process) =>
    noted(
      change(ports),
      HOOK,
      (own) => backUp({ timeoutMs: 1000 })(own, process),
      ({ tag }) => ({
        ...{ tag, message: `backup ${tag} is complete` },
      }),
    );

function copied(t: { after(work: () => void): void }): World {
  const world = golden.copy();
  t.after(() => world.remove());
  return world;
}

const shown = (world: World) =>
  world.runs.map(({ id: _, startedAt, endedAt, ...run }) => ({
    ...run,
    ended: endedAt !== null,
    begun: startedAt !== '',
  }));
const NONE = { ...HOOK, begun: true, code: null, message: '' };

test('a run is noted with its end, its backup and what came of it', async (t) => {
  const world = copied(t);
  const { kind } = await world.run(asHook());
  assert.equal(kind, 'done');
  const [made, ...others] = shown(world);
  assert.equal(others.length, 0);
  assert.match(made?.tag ?? '', /^kassette-/);
  assert.deepEqual(made, {
    ...NONE,
    ended: true,
    tag: made?.tag,
    message: `backup ${made?.tag} is complete`,
  });
  assert.deepEqual(
    world.events.filter((e) => /Failed|Refused/.test(e)),
    [],
  );
});

test('a run that is killed leaves no end, at whichever call; one that failed leaves its reason', async (t) => {
  const { calls } = await copied(t).run(asHook());
  // Some at its beginning, among them those before the lease; some in its midst.
  for (const at of [2, 3, 4, 5, Math.floor(calls.length / 2)]) {
    const world = copied(t);
    const { kind } = await world.run(asHook(), { fault: 'killed before', at });
    assert.equal(kind, 'killed');
    assert.deepEqual(shown(world), [{ ...NONE, ended: false }], `call ${at}`);
  }
});

test('a run that fails before it holds the lease is noted, and an event says so', async (t) => {
  const world = copied(t);
  const down = new KassetteError('NODE_DOWN', 'n-dc1 is down.', 'Start it.');
  const ending = await world.run(
    asHook((ports) => ({ ...ports, lease: { acquire: () => Promise.reject(down) } })),
  );
  assert.equal(ending.kind === 'failed' && ending.error, down);
  assert.deepEqual(shown(world), [{ ...NONE, ended: true, code: 'NODE_DOWN', message: 'n-dc1 is down.' }]);
  assert.deepEqual(world.events, ['BackupFailed: before-backup: NODE_DOWN: n-dc1 is down.']);
});

test('a failure that the work has reported itself is reported once', async (t) => {
  const { calls } = await copied(t).run(asHook());
  const world = copied(t);
  await world.run(asHook(), { fault: 'fail', at: calls.lastIndexOf('volumes complete') + 1 });
  assert.deepEqual(
    world.events.map((e) => e.split(':')[0]),
    ['BackupFailed'],
  );
  assert.equal(world.runs[0]?.code, 'NODE_SHELL');
  const busy = copied(t);
  const error = new KassetteError('BUSY', 'Another run works.', 'Wait.');
  await busy.run(asHook((ports) => ({ ...ports, lease: { acquire: () => Promise.reject(error) } })));
  assert.deepEqual(busy.events, ['BackupRefused: No backup was made: Another run works.']);
  assert.equal(busy.runs[0]?.code, 'BUSY');
});

test('what cannot be noted or reported changes nothing of what comes of the run', async (t) => {
  const broken = async () => {
    throw new Error('no room');
  };
  const without = (ports: Ports): Ports => ({
    ...ports,
    runs: { note: broken, last: broken },
    events: { report: broken },
  });
  const work = { made: copied(t), refused: copied(t) };
  // Only the notes: events are part of what a backup does, and their port never fails.
  const made = await work.made.run(asHook((ports) => ({ ...without(ports), events: ports.events })));
  assert.equal(made.kind, 'done');
  assert.deepEqual(work.made.warnings, [
    'This run was not noted: no room',
    'This run was not noted: no room',
  ]);
  const down = new KassetteError('NODE_DOWN', 'n-dc1 is down.', 'Start it.');
  const refused = await work.refused.run(
    asHook((ports) => ({ ...without(ports), lease: { acquire: () => Promise.reject(down) } })),
  );
  assert.equal(refused.kind === 'failed' && refused.error, down);
});

test('nobody is told where the cluster cannot be reached, and of a fault of kassette nothing but that', async (t) => {
  for (const [error, events] of [
    [new KassetteError('CLUSTER_UNREACHABLE', 'No API.', ''), []],
    [new TypeError('hunter2'), [/^BackupFailed: before-backup: INTERNAL: .*\(TypeError\)/]],
  ] as const) {
    const world = copied(t);
    await world.run((ports) =>
      noted(
        ports,
        HOOK,
        () => Promise.reject(error),
        () => ({ message: '' }),
      ),
    );
    assert.equal(world.events.length, events.length);
    for (const [i, event] of events.entries()) assert.match(world.events[i] ?? '', event);
    assert.doesNotMatch(JSON.stringify([world.events, world.runs]), /hunter2/);
  }
});

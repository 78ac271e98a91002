import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { joinedLease } from '../../src/adapters/kubernetes/k8ssandra/joined/lease.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { parseSaved } from '../../src/domain/k8ssandra/saved.ts';
import { withLease } from '../../src/engine/cluster/lease.ts';
import type { AfterRestoreResult } from '../../src/engine/verbs/after-restore.ts';
import { allTest } from '../tiers.ts';
import { World } from './cluster/world.ts';
import { locationOf } from './ports/above.ts';
import { SimulatedLeases } from './ports/leases.ts';
import { cloneVolumes, isWhole, markersAreTrue, nothingIsLost } from './runs/ends.ts';
import {
  backedUp,
  backUp,
  bringBack,
  type Command,
  endBackup,
  livingCluster,
  restore,
  restoredVolumes,
  tablesChanged,
  verifyDeep,
} from './runs/history.ts';
import { atEveryCall, rowsAfter } from './runs/points.ts';
import { type Disturbance, Process } from './runs/process.ts';
import { Schedule, seeded } from './runs/schedule.ts';

// What belongs to one K8ssandraCluster and lies in several namespaces.

/** Two Kubernetes clusters, whose namespaces are called alike. */
const PLACES = ['a', 'b', 'east/a', 'east/b'];
const INTERLEAVINGS = 50;

/** Two sets of places that have at least one in common, each in an order of its own. */
function overlapping(random: () => number): readonly [readonly string[], readonly string[]] {
  const some = () => PLACES.filter(() => random() < 0.6).toSorted(() => random() - 0.5);
  for (;;) {
    const [one, other] = [some(), some()];
    if (one.some((n) => other.includes(n))) return [one, other];
  }
}

/** One run that is tried again until it has done its work; how it ended, and how often it was refused. */
interface Run {
  readonly places: readonly string[];
  refusals: number;
  end: 'done' | 'killed' | 'under way';
}

/** Two runs in an order that the seed decides, of which one may be killed at a call. @param order in which leases are taken */
async function play(seed: number, lease: typeof joinedLease) {
  const random = seeded(seed);
  const schedule = new Schedule({ nowMs: 0 }, seed);
  const leases = new SimulatedLeases(schedule);
  const atWork = new Map<string, Process>();
  const met: string[] = [];
  const kill: Disturbance | undefined =
    seed % 3 === 0 ? { fault: 'killed before', at: 1 + Math.floor(random() * 12) } : undefined;
  const start = async (run: Run, disturbance?: Disturbance) => {
    const process = new Process(schedule, () => {}, disturbance);
    const whole = lease(
      run.places.map((place) => ({ ...locationOf(place), lease: leases.of(place, process) })),
    );
    const step = process.port('work', { step: async () => {} });
    const work = async () => {
      for (const place of run.places) {
        const other = atWork.get(place);
        if (other !== undefined && !other.isGone) met.push(place);
        atWork.set(place, process);
      }
      for (let i = 0; i < 4; i++) await step.step();
      for (const place of run.places) atWork.delete(place);
    };
    const tries = async (): Promise<'done'> => {
      for (;;) {
        try {
          await withLease({ lease: whole }, 'test', { signal: process.signal }, work);
          return 'done';
        } catch (error) {
          if (!(error instanceof KassetteError) || error.code !== 'BUSY') throw error;
          run.refusals++;
          await schedule.sleep(process, 20_000 + random() * 20_000);
        }
      }
    };
    run.end = await Promise.race([tries(), process.killed]);
  };
  const runs = overlapping(random).map((places): Run => ({ places, refusals: 0, end: 'under way' }));
  const limit = new Promise<void>((late) => schedule.after({ isGone: false }, 3_600_000, late));
  await Promise.race([Promise.all(runs.map((run, i) => start(run, i === 0 ? kill : undefined))), limit]);
  return { runs, met, kill };
}

test('two runs over namespaces of two Kubernetes clusters that overlap, in 50 orders: never both at work in one, no deadlock, and one is never refused', async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= INTERLEAVINGS; seed++) {
    const { runs, met, kill } = await play(seed, joinedLease);
    const told = `seed ${seed}: ${JSON.stringify({ runs, met, kill })}`;
    assert.deepEqual(met, [], told);
    const [first, second] = runs;
    assert.ok(first && second);
    assert.equal(second.end, 'done', told);
    assert.ok(first.end === 'done' || (first.end === 'killed' && kill !== undefined), told);
    if (kill === undefined) assert.ok(first.refusals === 0 || second.refusals === 0, told);
    outcomes.add(`${first.end}, ${first.refusals + second.refusals > 0 ? 'refused' : 'at once'}`);
  }
  // Or the orders would not be such that they show anything.
  assert.deepEqual([...outcomes].toSorted(), [
    'done, at once',
    'done, refused',
    'killed, at once',
    'killed, refused',
  ]);
});

const NAMESPACES = { dc1: 'a', dc2: 'b' };
const worlds: World[] = [];
after(() => {
  for (const world of worlds) world.remove();
});

/** Two datacenters of one ring, each in a namespace of its own. */
function inTwo(namespaces: Readonly<Record<string, string>> = NAMESPACES): World {
  const world = livingCluster(World.make({ dc1: 1, dc2: 1 }, { namespaces }));
  worlds.push(world);
  return world;
}

/** The K8ssandraCluster, in each volume and in the namespaces alike. */
function keepsTheObject({ cluster }: World, tag: string): void {
  assert.equal(cluster.state.above.kept?.tag, tag);
  for (const node of cluster.nodes) {
    const text = cluster.readFile(node, `kassette/${tag}/k8ssandra.json`);
    assert.equal(text, cluster.state.above.kept?.text);
    assert.deepEqual(Object.keys(parseSaved(node.name, text).status.datacenters), ['dc1', 'dc2']);
  }
}

test('a backup of two namespaces is one: one tag, one skew, complete in both or in none, and closed in both', async () => {
  const world = inTwo();
  const made = await world.run(backUp());
  assert.ok(made.kind === 'done', JSON.stringify(made));
  const { tag, skewMs, clusters } = made.result;
  assert.equal(clusters.length, 1);
  assert.ok(skewMs >= 0 && isWhole(world, tag));
  for (const node of world.cluster.nodes) {
    assert.ok(world.cluster.hasFile(node, `kassette/${tag}/complete`));
    // By which a cold restore of its volume knows whether it is in another place.
    const manifest: unknown = JSON.parse(world.cluster.readFile(node, `kassette/${tag}/backup.json`));
    assert.equal((manifest as { namespace?: string }).namespace, node.datacenter === 'dc1' ? 'a' : 'b');
  }
  keepsTheObject(world, tag);
  assert.equal(made.calls.filter((c) => c === 'lease acquire').length, 2);
  assert.equal(world.events.filter((e) => e.startsWith('BackupMade')).length, 2);
  assert.equal((await world.run(endBackup())).kind, 'done');
  for (const node of world.cluster.nodes) {
    assert.ok(world.cluster.hasFile(node, 'kassette/closed.json'));
    assert.ok(!world.cluster.hasFile(node, `kassette/${tag}`));
  }
  assert.deepEqual(world.cluster.state.leaseHolders, {});
});

test('one namespace alone is refused, as a part of the ring', async () => {
  // What a hook sees that is called for one of them.
  const world = inTwo();
  const alone = await world.run((ports, process) => {
    const find = async () => (await ports.datacenters.find([])).filter((d) => d.name === 'dc1');
    return backUp()({ ...ports, datacenters: { ...ports.datacenters, find } }, process);
  });
  assert.ok(alone.kind === 'failed' && alone.error instanceof KassetteError);
  assert.equal(alone.error.code, 'PARTIAL_CLUSTER');
});

test('a run that works in one of the namespaces keeps one for both from working, and loses nothing', async () => {
  const world = inTwo();
  let other: Awaited<ReturnType<typeof world.run>> | undefined;
  const first = await world.run(async (ports, process) =>
    withLease(ports, 'of one', { signal: process.signal }, async () => {
      // As one that was started for that namespace alone.
      delete world.cluster.state.leaseHolders['a'];
      other = await world.run(backUp());
      assert.deepEqual(Object.keys(world.cluster.state.leaseHolders), ['b']);
    }),
  );
  assert.equal(first.kind, 'done', JSON.stringify(first));
  assert.ok(other?.kind === 'failed' && other.error instanceof KassetteError && other.error.code === 'BUSY');
  assert.equal((await world.run(backUp())).kind, 'done');
});

test('before-backup of two namespaces, killed at each call of a lease or of the object above: run again it makes the whole backup', async () => {
  const living = inTwo();
  const { calls } = await living.copy().run(backUp());
  const points = calls.flatMap((call, i) => (/^(lease|above) /.test(call) ? [i + 1] : []));
  assert.deepEqual(
    calls.filter((call) => call.startsWith('above ')),
    ['above read', 'above keep'],
  );
  assert.ok(points.length >= 4, `${points.length}`);
  for (const at of points) {
    const world = living.copy();
    await world.run(backUp({ run: 'r1', hook: true }), { fault: 'killed after', at });
    const ending = await world.run(backUp({ run: 'r1', hook: true }));
    assert.ok(
      ending.kind === 'done' && isWhole(world, ending.result.tag),
      `killed at ${at} ${calls[at - 1]}`,
    );
    keepsTheObject(world, ending.result.tag);
    assert.deepEqual(world.cluster.state.leaseHolders, {});
    world.remove();
  }
});

allTest('before-backup of two namespaces, killed at every call: run again it makes the whole backup', (t) =>
  atEveryCall(t, 'killed after', {
    world: inTwo(),
    command: backUp({ run: 'r1', hook: true }),
    invariant: (world) => (call) => markersAreTrue(world, call),
  }),
);

test('a warm restore of two namespaces: the rows of both are those of the backup', async () => {
  const world = await restoredVolumes(inTwo());
  const ending = await world.run(restore());
  assert.ok(ending.kind === 'done', JSON.stringify(ending));
  const { clusters, method } = ending.result as AfterRestoreResult;
  assert.deepEqual([method, clusters.map((c) => c.tag)], ['warm', [world.tag]]);
  const [one, two] = world.cluster.nodes.map((n) => world.cluster.rows[n.name]);
  assert.deepEqual(one, two);
  assert.ok(one?.['shop.stays']?.['a'] !== undefined && one['shop.stays']['d'] === undefined);
});

/** Volumes that came back with their objects, but for the status of the K8ssandraCluster. */
async function withoutStatus(): Promise<World & { readonly tag: string }> {
  const world = await restoredVolumes(inTwo());
  world.cluster.state.above.known = [];
  return world;
}

test('a status that did not come back is given back from the volumes before the restore, killed at each such call as well', async () => {
  const given = await withoutStatus();
  const undisturbed = given.copy();
  const { calls, ...end } = await undisturbed.run(restore());
  assert.equal(end.kind, 'done', JSON.stringify(end));
  assert.deepEqual(undisturbed.cluster.state.above.known, ['dc1', 'dc2']);
  const first = calls.indexOf('above giveBack');
  assert.ok(first >= 0 && !calls.slice(0, first).some((call) => call === 'volumes begin'));
  for (const [i, call] of calls.entries()) {
    if (!call.startsWith('above ')) continue;
    for (const fault of ['killed before', 'killed after'] as const) {
      const world = given.copy();
      await world.run(restore(), { fault, at: i + 1 });
      assert.equal((await world.run(restore())).kind, 'done', `${fault} ${call}`);
      assert.deepEqual(world.cluster.rows, undisturbed.cluster.rows);
      assert.deepEqual(world.cluster.state.above.known, ['dc1', 'dc2']);
      world.remove();
    }
  }
  undisturbed.remove();
});

test('without what was kept the status stays as it is, and the restore is refused before anything is changed', async () => {
  const world = await withoutStatus();
  for (const node of world.cluster.nodes)
    world.cluster.putFile(node, `kassette/${world.tag}/k8ssandra.json`, '{}');
  const before = structuredClone(world.cluster.rows);
  const ending = await world.run(restore());
  assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError);
  assert.equal(ending.error.code, 'MANIFEST_DAMAGED');
  assert.ok(!ending.calls.includes('above giveBack'));
  assert.deepEqual([world.cluster.rows, world.cluster.state.above.known], [before, []]);
});

test('two Kubernetes clusters with one name of a namespace are as two namespaces: one backup, restored warm and cold in both', async () => {
  const across = inTwo({ dc1: 'a', dc2: 'east/a' });
  const made = await across.copy().run(backUp());
  assert.ok(made.kind === 'done', JSON.stringify(made));
  assert.equal(made.calls.filter((c) => c === 'lease acquire').length, 2);
  for (const method of ['warm', 'cold'] as const) {
    const world = await restoredVolumes(across.copy());
    const ending = await world.run(restore({ method }));
    assert.ok(ending.kind === 'done', JSON.stringify(ending));
    const [one, two] = world.cluster.nodes.map((n) => world.cluster.rows[n.name]);
    assert.deepEqual(one, two);
    assert.ok(one?.['shop.stays']?.['a'] !== undefined && one['shop.stays']['d'] === undefined);
    assert.deepEqual([world.cluster.state.stopped, world.cluster.state.leaseHolders], [{}, {}]);
    world.remove();
  }
});

test('a cold restore of two namespaces: both are stopped, all volumes restored, and both are started', async () => {
  const world = await restoredVolumes(inTwo());
  const ending = await world.run(restore({ method: 'cold' }));
  assert.ok(ending.kind === 'done', JSON.stringify(ending));
  const { clusters, method } = ending.result as AfterRestoreResult;
  assert.deepEqual([method, clusters.map((c) => c.tag)], ['cold', [world.tag]]);
  const [one, two] = world.cluster.nodes.map((n) => world.cluster.rows[n.name]);
  assert.deepEqual(one, two);
  assert.ok(one?.['shop.stays']?.['a'] !== undefined && one['shop.stays']['d'] === undefined);
  assert.deepEqual([world.cluster.state.stopped, world.cluster.state.noted], [{}, {}]);
  assert.equal(ending.calls.filter((c) => c === 'recovery start').length, 2);
});

test('a backup of two namespaces is verified in both, and a table comes back from it in both', async () => {
  const world = await backedUp({}, inTwo());
  const verified = await world.run(verifyDeep(world.tag));
  assert.ok(verified.kind === 'done', JSON.stringify(verified));
  const from = { kind: 'backup', tag: world.tag } as const;
  const ending = await world.run(bringBack({ from, names: [{ keyspace: 'shop', table: 'stays' }] }));
  assert.ok(ending.kind === 'done', JSON.stringify(ending));
  for (const { name } of world.cluster.nodes) {
    const rows = world.cluster.rows[name]?.['shop.stays'] ?? {};
    assert.ok(Object.keys(rows).length > 0);
    assert.ok(!Object.values(rows).some((value) => value.endsWith('newer')), JSON.stringify(rows));
  }
});

/** A backup that only copies of the volumes have, each in its node's namespace; with the command that brings a table back from them. */
async function onlyInClones(name: string) {
  const world = await backedUp({ run: 'r1', hook: true }, inTwo());
  const suffix = `kassette-${name}-${process.pid}`;
  const home = join(tmpdir(), suffix);
  cloneVolumes(world, home);
  await world.run(endBackup({ run: 'r1', hook: true }));
  tablesChanged(world);
  const from = { kind: 'clones', suffixes: [suffix] } as const;
  const names = [{ keyspace: 'shop', table: 'stays' }];
  return { world, home, command: bringBack({ from, names }) };
}

test('a table comes back from clones in both namespaces, which are released', async () => {
  const { world, home, command } = await onlyInClones('two-places');
  const kept = await world.run(command);
  assert.ok(kept.kind === 'done', JSON.stringify(kept));
  for (const { name } of world.cluster.nodes) {
    const rows = world.cluster.rows[name]?.['shop.stays'] ?? {};
    assert.ok(Object.keys(rows).length > 0);
    assert.ok(!Object.values(rows).some((value) => value.endsWith('newer')), JSON.stringify(rows));
  }
  assert.equal(kept.calls.filter((c) => c === 'clones find').length, 2);
  rmSync(home, { recursive: true });
});

test('where clones of one namespace are missing, nothing live is changed', async () => {
  const { world, home, command } = await onlyInClones('one-place');
  rmSync(join(home, 'b', world.cluster.nodes[1]?.name ?? '', 'kassette'), { recursive: true });
  const before = structuredClone(world.cluster.rows);
  const ending = await world.run(command);
  assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError);
  assert.deepEqual(world.cluster.rows, before);
  rmSync(home, { recursive: true });
});

allTest(
  'restore-table from clones in two namespaces, killed at every call: run again it comes to the same end',
  async (t) => {
    const { world, home, command } = await onlyInClones('killed-places');
    await atEveryCall(t, 'killed after', { world, command });
    rmSync(home, { recursive: true });
  },
);

test('no restore begins while the operator rebuilds a datacenter', async () => {
  const world = await backedUp({}, inTwo());
  const names = [{ keyspace: 'shop', table: 'stays' }];
  const codeOf = async (command: Command) => {
    const ending = await world.run(command);
    return ending.kind === 'failed' && ending.error instanceof KassetteError
      ? ending.error.code
      : ending.kind;
  };
  const rebuilding = new KassetteError('NOT_READY', 'A datacenter is rebuilt.', 'Wait.');
  const checkRestorable = () => Promise.reject(rebuilding);
  for (const command of [restore(), bringBack({ from: { kind: 'backup', tag: world.tag }, names })]) {
    const before = structuredClone(world.cluster.rows);
    const refused = await codeOf((ports, process) =>
      command({ ...ports, datacenters: { ...ports.datacenters, checkRestorable } }, process),
    );
    assert.equal(refused, 'NOT_READY');
    assert.deepEqual(world.cluster.rows, before);
  }
});

allTest(
  'a cold restore of two namespaces, killed at every call: run again it comes to the same end',
  async (t) => {
    const world = await restoredVolumes(inTwo());
    await atEveryCall(t, 'killed after', { world, command: restore({ method: 'cold' }) });
  },
);

allTest(
  'a warm restore of two namespaces, killed at every call: run again it comes to the same end',
  async (t) => {
    const world = await restoredVolumes(inTwo());
    const command = restore();
    const invariant = nothingIsLost(world.tag, await rowsAfter(world, command));
    await atEveryCall(t, 'killed after', { world, command, invariant });
  },
);

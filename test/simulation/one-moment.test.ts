import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type ErrorCode, KassetteError } from '../../src/domain/errors.ts';
import type { AfterRestoreResult } from '../../src/engine/verbs/after-restore.ts';
import type { CqlSession } from '../../src/ports/cql.ts';
import type { Ports } from '../../src/ports/ports.ts';
import { compareAndSet, readSerially } from './cluster/paxos.ts';
import type { World } from './cluster/world.ts';
import { backUp, bringBack, type Command, cleanVolumes, restore, whileStopped } from './runs/history.ts';
import { backUpApart, derived, forgetViews, shopWithView } from './runs/views.ts';

// Whether what is in the snapshots of one backup is of one moment: tables and their views, and all nodes' parts of a table.

const worlds: World[] = [];
after(() => {
  for (const world of worlds) world.remove();
});

function shop(): World {
  const world = shopWithView();
  worlds.push(world);
  return world;
}

async function succeed<T>(world: World, command: Command<T>): Promise<T> {
  const ending = await world.run(command);
  if (ending.kind === 'failed') throw ending.error;
  assert.equal(ending.kind, 'done');
  return (ending as { readonly result: T }).result;
}

async function fail(world: World, command: Command): Promise<KassetteError> {
  const ending = await world.run(command);
  assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError, JSON.stringify(ending));
  return ending.error;
}

/** The same with some calls of the CQL session answered otherwise. */
const answering =
  <T>(command: Command<T>, replace: (session: CqlSession) => Partial<CqlSession>): Command<T> =>
  (ports, process) => {
    const open: Ports['cql']['open'] = async (datacenters) => {
      const session = await ports.cql.open(datacenters);
      return { ...session, ...replace(session) };
    };
    return command({ ...ports, cql: { open } }, process);
  };

const VIEW = '"shop"."by_value"';

/** The cluster that a restore answers. */
async function restored(world: World) {
  const [cluster] = ((await succeed(world, restore())) as AfterRestoreResult).clusters;
  return cluster ?? assert.fail('no cluster was restored');
}

/** Every node's view shows exactly the rows of its table. */
function assertViewFollows({ cluster }: World): void {
  for (const [node, tables] of Object.entries(cluster.rows))
    assert.deepEqual(tables['shop.by_value'], derived(tables['shop.orders'] ?? {}), node);
}

function ruin({ cluster }: World): void {
  cluster.write('shop', 'orders', 'a', 'ruined');
  cluster.write('shop', 'orders', 'z', 'ruined');
  cluster.restart();
}

test('a row that is written between the snapshots of a table and of its view: the view is built from the table', async () => {
  const world = shop();
  const saved = world.cluster.rows['n-dc1']?.['shop.orders'];
  const { tag, clusters } = await backUpApart(world);
  assert.deepEqual(clusters[0]?.viewsToRebuild, [VIEW]);
  ruin(world);
  const cluster = await restored(world);
  assertViewFollows(world);
  assert.deepEqual(world.cluster.rows['n-dc1']?.['shop.orders'], saved);
  assert.deepEqual([cluster.tag, cluster.viewsRebuilt], [tag, ['shop.by_value']]);
  assert.ok(
    world.cluster.state.schema.permissions.some((p) => p.role === 'app'),
    'the view lost its permissions',
  );
});

test('a run that gives up while nodes are building a view: the next one waits for that, and changes no table', async () => {
  const world = shop();
  await backUpApart(world);
  ruin(world);
  let progress = 0;
  const slow = answering(restore(), () => ({
    builtViews: async () => new Set(),
    viewProgress: async () => (progress < 500 ? ++progress : progress),
  }));
  const { code, message } = await fail(world, slow);
  assert.deepEqual(
    [code, message, progress],
    ['TIMEOUT', 'Nodes have shown no progress for 120 s in building shop.by_value.', 500],
  );
  const { calls, ...ending } = await world.run(restore());
  assert.ok(ending.kind === 'done');
  const [cluster] = (ending.result as AfterRestoreResult).clusters;
  assert.deepEqual([cluster?.outcome, cluster?.viewsRebuilt], ['finished', ['shop.by_value']]);
  assert.deepEqual(
    calls.filter((call) => /^cql (change|truncate)|^volumes link/.test(call)),
    [],
  );
  assertViewFollows(world);
});

test('a view that is not created after all counts as built on no node: who creates it now gets all of its rows', async () => {
  const failing: readonly ((session: CqlSession) => Partial<CqlSession>)[] = [
    ({ change }) => ({
      change: async (statement) => {
        if (/^CREATE MATERIALIZED VIEW shop\..*when all nodes have/s.test(statement))
          throw new Error('refused');
        await change(statement);
      },
    }),
    ({ countAsBuilt }) => ({
      countAsBuilt: async (node, view, built) => {
        if (built && node.name === 'n-dc2') throw new Error('no answer');
        await countAsBuilt(node, view, built);
      },
    }),
  ];
  for (const replace of failing) {
    const world = shop();
    await backUpApart(world);
    ruin(world);
    assert.equal((await world.run(answering(restore(), replace))).kind, 'failed');
    const built = Object.values(world.cluster.state.nodes).flatMap((n) => n.built);
    assert.deepEqual(built, []);
    await restored(world);
    assertViewFollows(world);
  }
});

test('nothing is written meanwhile: the view is loaded as it was saved', async () => {
  const world = shop();
  const id = world.cluster.table('shop', 'by_value').id;
  const { clusters } = await succeed(world, backUp());
  assert.deepEqual(clusters[0]?.viewsToRebuild, []);
  ruin(world);
  const { viewsRebuilt } = await restored(world);
  assertViewFollows(world);
  assert.deepEqual([viewsRebuilt, world.cluster.table('shop', 'by_value').id], [[], id]);
});

test('written to before the snapshots, and to another table meanwhile: that makes no difference', async () => {
  const world = shop();
  world.cluster.write('shop', 'orders', 'c', 'just before');
  world.cluster.afterSnapshotOf = () => world.cluster.write('shop', 'plain', 'a', 'meanwhile');
  const { clusters } = await succeed(world, backUp());
  assert.deepEqual(clusters[0]?.viewsToRebuild, []);
});

test('a backup of before does not say it of any view: all of them are built', async () => {
  const world = shop();
  const { tag } = await succeed(world, backUp());
  forgetViews(world, tag);
  ruin(world);
  const { viewsRebuilt } = await restored(world);
  assertViewFollows(world);
  assert.deepEqual(viewsRebuilt, ['shop.by_value']);
});

test('restored cold: after-restore builds the view from its table, once', async () => {
  const world = shop();
  await backUpApart(world);
  ruin(world);
  await whileStopped(world, () => succeed(world, cleanVolumes()));
  // Until that is done a policy must not take the backup away.
  const refused = await fail(world, backUp());
  assert.match(refused.message, /view "shop"."by_value" has not been built from its table yet/);
  const { viewsRebuilt } = await restored(world);
  assertViewFollows(world);
  assert.deepEqual(viewsRebuilt, ['shop.by_value']);
  assert.ok(
    world.cluster.state.schema.permissions.some((p) => p.role === 'app'),
    'the view lost its permissions',
  );
  const { id } = world.cluster.table('shop', 'by_value');
  await succeed(world, restore());
  assert.equal(world.cluster.table('shop', 'by_value').id, id);
});

test('restore-table: the view of a table that comes back is built from it', async () => {
  const world = shop();
  const { tag } = await backUpApart(world);
  ruin(world);
  const names = [{ keyspace: 'shop', table: 'orders' }];
  const { plan } = (await succeed(world, bringBack({ from: { kind: 'backup', tag }, names }))) as {
    plan: { tables: readonly { name: string; action: string }[] };
  };
  assertViewFollows(world);
  assert.deepEqual(
    plan.tables.map((t) => [t.name, t.action]),
    [
      ['orders', 'reload'],
      ['by_value', 'rebuild'],
    ],
  );
});

/** Batches that come when those of before were waited for; `left`: how many of them are there when the snapshots are taken. */
const withBatches = (world: World, left: number) =>
  answering(backUp(), () => {
    let asked = 0;
    return {
      batches: async (_, newest) => {
        if (++asked <= world.cluster.nodes.length) return { count: 0, newest: '' };
        return newest === undefined ? { count: 1, newest: 'old' } : { count: left, newest: 'old' };
      },
    };
  });

test('an update of a view that waits before the snapshots and after them: all views are built', async () => {
  const world = shop();
  const { clusters } = await succeed(world, withBatches(world, 1));
  assert.deepEqual(clusters[0]?.viewsToRebuild, [VIEW]);
});

test('one that waits before them and not after them, and that the view has not counted, was in it before', async () => {
  const world = shop();
  const { clusters } = await succeed(world, withBatches(world, 0));
  assert.deepEqual(clusters[0]?.viewsToRebuild, []);
});

test('hints are waited for as long as they become fewer', async () => {
  const world = shop();
  let files = 4;
  const { clusters } = await succeed(
    world,
    answering(backUp(), () => ({
      pendingHints: async (node) =>
        node.name === 'n-dc1' && files > 0 ? new Map([[hostOf(world), files--]]) : new Map(),
    })),
  );
  assert.deepEqual([files, world.warnings, clusters[0]?.viewsToRebuild], [0, [], []]);
});

test('hints that come as fast as they are delivered are not waited for any longer', async () => {
  const world = shop();
  let looks = 0;
  await succeed(
    world,
    answering(backUp(), () => ({
      pendingHints: async (node) =>
        node.name === 'n-dc1' ? new Map([[hostOf(world), 1 + (++looks % 3)]]) : new Map(),
    })),
  );
  assert.match(world.warnings[0] ?? '', /^Hints wait to be delivered/);
});

test('so many batches that nobody can count them: all views are built', async () => {
  const world = shop();
  let asked = 0;
  const { clusters } = await succeed(
    world,
    answering(backUp(), () => ({
      batches: async () => {
        if (++asked <= world.cluster.nodes.length) return { count: 0, newest: '' };
        throw new KassetteError('CQL', 'No answer in time.', 'Wait.');
      },
    })),
  );
  assert.deepEqual(clusters[0]?.viewsToRebuild, [VIEW]);
});

test('hints that nobody delivers: a warning says where, and views are built, which may lack their updates', async () => {
  const world = shop();
  world.cluster.hints.set('n-dc1', new Map([['n-dc2', 2]]));
  const { clusters } = await succeed(world, backUp());
  assert.deepEqual(world.warnings, [
    'Hints wait to be delivered (2 files on n-dc1 for n-dc2). The backup has none: rows are missing on those nodes until a repair, and what was written at consistency level ANY may be missing altogether.',
  ]);
  assert.deepEqual(clusters[0]?.viewsToRebuild, [VIEW]);
});

test('a snapshot does not wait for a flush that somebody else began: rows that are counted before it are in files by then', async () => {
  const { calls, kind } = await shop().run(backUp());
  const [first, snapshot] = [calls.indexOf('cql writes'), calls.indexOf('control takeSnapshot')];
  const between = calls.slice(first, snapshot).filter((call) => call === 'control flush');
  assert.deepEqual([kind, between.length], ['done', 2]);
});

/** A backup during which nodes build an index: so many times each node finds that it has none, and then that it has. */
function buildingIndex(world: World, { unbuilt, statement }: { unbuilt: number; statement: string }) {
  world.cluster.change(statement);
  const asked = new Map<string, number>();
  return answering(backUp(), () => ({
    indexBuilds: async ({ name }) => {
      const times = (asked.get(name) ?? 0) + 1;
      asked.set(name, times);
      const isBuilt = times > unbuilt || times % 2 === 0;
      return new Map(isBuilt ? [] : [['shop.plain', { unbuilt: ['by_text'], progress: null }]]);
    },
  }));
}

// Cassandra snapshots its own tables last, so that this one would be called built, by a backup that has half of it.
const WITH_TABLE = 'CREATE INDEX by_text ON shop.plain (value)';

test('an index that a node ends building between the snapshots of its table and of what calls it built: they are taken again', async () => {
  const world = shop();
  await succeed(world, buildingIndex(world, { unbuilt: 1, statement: WITH_TABLE }));
  assert.deepEqual(world.warnings, [
    'Index "shop"."by_text" was built while the snapshots were taken (attempt 1).',
  ]);
});

test('one that is a part of its SSTables does not matter', async () => {
  const world = shop();
  const statement = `${WITH_TABLE} USING 'sai'`;
  await succeed(world, buildingIndex(world, { unbuilt: 1, statement }));
  assert.deepEqual(world.warnings, []);
});

test('one that is built during every attempt: no backup, and nothing is left of it', async () => {
  const world = shop();
  const { code, message } = await fail(world, buildingIndex(world, { unbuilt: 6, statement: WITH_TABLE }));
  assert.deepEqual<[ErrorCode, string]>(
    [code, message],
    [
      'SCHEMA_CHANGING',
      'Index "shop"."by_text" was built during the last of 3 attempts to take the snapshots: a cold restore would call it built, and queries would miss rows.',
    ],
  );
  for (const node of world.cluster.nodes) assert.ok(!world.cluster.hasFile(node, 'kassette'));
});

const hostOf = ({ cluster }: World) => cluster.members()[1]?.hostId ?? '';

/** TRUNCATE on every node whenever one has its snapshot, so many times. */
function truncateMeanwhile({ cluster }: World, times: number): void {
  const last = cluster.tables.at(-1);
  let left = times;
  cluster.afterSnapshotOf = (_, table) => {
    if (table.name !== last?.name || left === 0) return;
    left--;
    for (const node of cluster.nodes) cluster.truncate(node, cluster.table('shop', 'plain'));
  };
}

test('a TRUNCATE between the snapshots of two nodes: they are taken again', async () => {
  const world = shop();
  truncateMeanwhile(world, 1);
  const { tag } = await succeed(world, backUp());
  assert.match(
    world.warnings.join('\n'),
    /Table "shop"\."plain" was truncated while the snapshots were taken/,
  );
  for (const node of world.cluster.nodes) {
    const files = world.cluster.readFile(node, `kassette/${tag}/backup.json`);
    const { tables } = JSON.parse(files) as {
      tables: { name: string; parts: { files: { name: string }[] }[] }[];
    };
    const plain = tables.find((t) => t.name === 'plain');
    assert.deepEqual(
      plain?.parts.flatMap((p) => p.files.map((f) => f.name)).filter((f) => f.endsWith('-Data.db')),
      [],
      `${node.name} has rows from before`,
    );
  }
});

test('a TRUNCATE during every attempt: no backup, and nothing is left of it', async () => {
  const world = shop();
  truncateMeanwhile(world, 6);
  const { code, message } = await fail(world, backUp());
  assert.deepEqual<[ErrorCode, string]>(
    [code, message],
    [
      'TABLES_TRUNCATED',
      'Table "shop"."plain" was truncated during the last of 3 attempts to take the snapshots: some nodes\' have its rows, others\' do not.',
    ],
  );
  for (const node of world.cluster.nodes) assert.ok(!world.cluster.hasFile(node, 'kassette'));
});

test('a TRUNCATE that one node has carried out before the snapshots and another one has not: no backup until it has', async () => {
  const world = shop();
  const { cluster } = world;
  const [first, second] = cluster.nodes;
  assert.ok(first !== undefined && second !== undefined);
  cluster.truncate(first, cluster.table('shop', 'plain'));
  assert.equal((await fail(world, backUp())).code, 'TABLES_TRUNCATED');
  cluster.truncate(second, cluster.table('shop', 'plain'));
  await succeed(world, backUp());
});

test('one that a node never carried out is an old story after a minute', async () => {
  const world = shop();
  const { cluster } = world;
  cluster.truncate(cluster.nodes[0] ?? assert.fail(), cluster.table('shop', 'plain'));
  cluster.state.nowMs += 61_000;
  await succeed(world, backUp());
});

/** What the manifest of each node says of legacy indexes. */
function indexesIn({ cluster }: World, tag: string): readonly unknown[] {
  return cluster.nodes.map((node) => {
    const manifest = JSON.parse(cluster.readFile(node, `kassette/${tag}/backup.json`)) as {
      indexesToRebuild?: unknown;
    };
    return manifest.indexesToRebuild;
  });
}

// Cassandra links the files of a table first, those of its indexes then.
test('a table with a legacy index is written to while snapshots are taken: a cold restore has Cassandra build the index', async () => {
  const world = shop();
  world.cluster.change(WITH_TABLE);
  const still = shop();
  still.cluster.change(WITH_TABLE);
  assert.deepEqual(indexesIn(still, (await succeed(still, backUp())).tag), [[], []]);
  world.cluster.afterSnapshotOf = (node, { name }) => {
    if (name === 'plain') world.cluster.writeOn(node, 'shop', 'plain', 'a', 'meanwhile');
  };
  const { tag } = await succeed(world, backUp());
  assert.deepEqual(indexesIn(world, tag), [['"shop"."by_text"'], ['"shop"."by_text"']]);
});

test('restored cold, such an index is named as long as a node builds it', async () => {
  const world = shop();
  world.cluster.change(WITH_TABLE);
  await succeed(world, backUp());
  await whileStopped(world, () => succeed(world, cleanVolumes()));
  const building = answering(restore(), () => ({
    indexBuilds: async () => new Map([['shop.plain', { unbuilt: ['by_text'], progress: 7 }]]),
  }));
  await succeed(world, building);
  assert.deepEqual(world.warnings, [
    '"shop"."by_text": still being built by the nodes. Queries that need such an index fail until that has ended.',
  ]);
});

test('a table whose indexes are parts of its SSTables is written to meanwhile: nothing has to be built', async () => {
  const world = shop();
  world.cluster.change(`${WITH_TABLE} USING 'sai'`);
  world.cluster.afterSnapshotOf = (node, { name }) => {
    if (name === 'plain') world.cluster.writeOn(node, 'shop', 'plain', 'a', 'meanwhile');
  };
  const { tag } = await succeed(world, backUp());
  assert.deepEqual(indexesIn(world, tag), [[], []]);
});

/** A backup; `then` comes before the node's record of truncations is read for the so-manyeth time: before and after the snapshots, and later. */
const whenRead = (then: (node: string, times: number) => void) =>
  answering(backUp(), (session) => {
    const read = new Map<string, number>();
    return {
      truncations: async (node) => {
        const times = (read.get(node.name) ?? 0) + 1;
        read.set(node.name, times);
        then(node.name, times);
        return session.truncations(node);
      },
    };
  });

function truncateOn({ cluster }: World, at: number): void {
  cluster.truncate(cluster.nodes[at] ?? assert.fail(), cluster.table('shop', 'plain'));
}

test('two TRUNCATEs within a minute, the second of which one node carries out after the snapshots: no backup', async () => {
  const world = shop();
  for (const at of world.cluster.nodes.keys()) truncateOn(world, at);
  world.cluster.state.nowMs += 30_000;
  const last = world.cluster.nodes.length - 1;
  for (const at of world.cluster.nodes.keys()) if (at !== last) truncateOn(world, at);
  let late = 0;
  const { code, message } = await fail(
    world,
    whenRead((_, times) => {
      if (times === 3 && late++ === 0) truncateOn(world, last);
    }),
  );
  assert.deepEqual<[ErrorCode, string]>(
    [code, message],
    [
      'TABLES_TRUNCATED',
      'Table "shop"."plain" was truncated on some nodes after the snapshots were taken, and on others not.',
    ],
  );
  for (const node of world.cluster.nodes) assert.ok(!world.cluster.hasFile(node, 'kassette'));
});

test('a TRUNCATE that comes after the snapshots is waited for until all nodes have carried it out', async () => {
  const world = shop();
  await succeed(
    world,
    whenRead((name, times) => {
      const at = world.cluster.nodes.findIndex((n) => n.name === name);
      if (times === 3 + 2 * at) truncateOn(world, at);
    }),
  );
  assert.deepEqual(world.warnings, []);
});

test('a lightweight transaction that one node has not heard of: restored cold, the next SERIAL read completes it', async () => {
  const world = shop();
  const { cluster } = world;
  const plain = () => cluster.table('shop', 'plain');
  const values = () => cluster.nodes.map((n) => cluster.rows[n.name]?.['shop.plain']?.['a']);
  compareAndSet(cluster, plain(), { key: 'a', value: 'agreed', without: cluster.nodes.slice(1) });
  await succeed(world, backUp());
  compareAndSet(cluster, plain(), { key: 'a', value: 'later', without: cluster.nodes.slice(1) });
  await whileStopped(world, () => succeed(world, cleanVolumes()));
  assert.deepEqual(values(), ['agreed', 'plain row']);
  readSerially(cluster, plain(), 'a');
  assert.deepEqual(values(), ['agreed', 'agreed']);
});

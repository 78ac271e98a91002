import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { mayDisagree, type Repairs, repairedMeanwhile } from '../../../../src/domain/sstables/repairs.ts';
import { World } from '../../../simulation/cluster/world.ts';
import {
  backUp,
  bringBack,
  type Command,
  cleanVolumes,
  livingCluster,
  restore,
} from '../../../simulation/runs/history.ts';

const session = (id: string, ended: boolean, ...tables: readonly string[]) => ({ id, ended, tables });
const at = (nodes: Readonly<Record<string, Repairs>>) => new Map(Object.entries(nodes));

test('a table counts as being repaired where a session of it was open on any node between the two looks', () => {
  const cases: readonly (readonly [
    string,
    Record<string, Repairs>,
    Record<string, Repairs>,
    readonly string[],
  ])[] = [
    ['none', { a: [], b: [] }, { a: [], b: [] }, []],
    ['ended before', { a: [session('1', true, 't')] }, { a: [session('1', true, 't')] }, []],
    [
      'open on one node',
      { a: [session('1', true, 't')], b: [session('1', false, 't')] },
      { a: [], b: [] },
      ['t'],
    ],
    ['began and ended', { a: [], b: [] }, { a: [session('1', true, 't', 'u')], b: [] }, ['t', 'u']],
    ['ended meanwhile', { a: [session('1', false, 't')] }, { a: [session('1', true, 't')] }, ['t']],
    [
      'known to one node',
      { a: [session('1', true, 't')], b: [] },
      { a: [], b: [session('1', true, 't')] },
      ['t'],
    ],
    [
      'another table',
      { a: [session('1', true, 't')] },
      { a: [session('1', true, 't'), session('2', false, 'u')] },
      ['u'],
    ],
  ];
  for (const [what, before, after, tables] of cases)
    assert.deepEqual([...repairedMeanwhile(at(before), at(after))].toSorted(), tables, what);
});

test('what a backup does not say, as one of an older version, is not taken for granted', () => {
  assert.deepEqual(
    [undefined, true, false].map((repairing) => mayDisagree({ repairing })),
    [true, true, false],
  );
});

// Statistics as Cassandra writes them: statistics.test.ts.
const FILES = JSON.parse(readFileSync(new URL('statistics.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, string>
>;
type State = 'clean' | 'repaired' | 'pending';
const STATISTICS = new Map(
  (['clean', 'repaired', 'pending'] as const).map((state): [State, Buffer] => {
    const packed = FILES['nb-1-big-Statistics.db']?.[state] ?? '';
    return [state, inflateRawSync(Buffer.from(packed, 'base64'))];
  }),
);

/** Those of a table's SSTables, live or of a snapshot of it; what has no Data.db is none, and Cassandra's start removes it. */
function statisticsOf({ cluster }: World, node: string, table: string, snapshot = ''): readonly string[] {
  const { volume } = cluster.nodes.find((n) => n.name === node) ?? assert.fail(node);
  const keyspace = join(volume, 'data', 'shop');
  return readdirSync(keyspace)
    .filter((name) => name.startsWith(`${table}-`))
    .flatMap((name) => {
      const directory = join(keyspace, name, snapshot);
      const files = readdirSync(directory);
      return files
        .filter((f) => f.endsWith('-Statistics.db') && files.includes(f.replace('Statistics', 'Data')))
        .map((file) => join(directory, file));
    });
}

function statesOf(files: readonly string[]): readonly string[] {
  const stateOf = (file: string) =>
    [...STATISTICS].find(([, bytes]) => bytes.equals(readFileSync(file)))?.[0] ?? 'another';
  return [...new Set(files.map(stateOf))];
}

/** A backup made while `stays` was being repaired: one node has come further than the other. */
async function backedUpDuringRepair(): Promise<World & { readonly tag: string }> {
  let looks = 0;
  const open = (): Repairs => (looks++ < 2 ? [] : [session('1', true, cluster.table('shop', 'stays').id)]);
  const world = livingCluster(World.make({ dc1: 1, dc2: 1 }, { repairs: open }));
  const { cluster } = world;
  for (const node of cluster.nodes) cluster.flush(node);
  const write = (node: string, table: string, state: State) => {
    for (const file of statisticsOf(world, node, table)) writeFileSync(file, STATISTICS.get(state) ?? '');
  };
  write('n-dc1', 'stays', 'pending');
  write('n-dc2', 'stays', 'repaired');
  for (const node of ['n-dc1', 'n-dc2']) write(node, 'altered', 'repaired');
  const ending = await world.run(backUp());
  if (ending.kind !== 'done') throw new Error('The backup was not made.', { cause: ending });
  return Object.assign(world, { tag: ending.result.tag });
}

const COMMANDS: Readonly<Record<string, (tag: string) => Command>> = {
  'after-restore': () => restore(),
  'clean-volume': () => cleanVolumes(),
  'restore-table': (tag) =>
    bringBack({
      from: { kind: 'backup', tag },
      names: ['stays', 'altered'].map((table) => ({ keyspace: 'shop', table })),
    }),
};

for (const [name, command] of Object.entries(COMMANDS)) {
  test(`${name}: of a table that was being repaired no replica calls rows repaired, of others as in the backup`, async () => {
    const world = await backedUpDuringRepair();
    try {
      const saved = ['n-dc1', 'n-dc2'].flatMap((n) =>
        statisticsOf(world, n, 'stays', `snapshots/${world.tag}`),
      );
      const inodes = saved.map((file) => statSync(file).ino);
      assert.deepEqual(statesOf(saved), ['pending', 'repaired']);
      const ending = await world.run(command(world.tag));
      assert.equal(ending.kind, 'done', ending.kind === 'failed' ? String(ending.error) : '');
      for (const node of ['n-dc1', 'n-dc2']) {
        assert.deepEqual(statesOf(statisticsOf(world, node, 'stays')), ['clean'], node);
        assert.deepEqual(statesOf(statisticsOf(world, node, 'altered')), ['repaired'], node);
      }
      if (name === 'after-restore') return;
      assert.deepEqual(
        saved.map((file) => statSync(file).ino),
        inodes,
      );
      assert.deepEqual(statesOf(saved), ['pending', 'repaired'], 'the backup was changed');
    } finally {
      world.remove();
    }
  });
}

test('statistics that cannot be read stay, and a warning says what to do', async () => {
  const world = await backedUpDuringRepair();
  try {
    for (const node of ['n-dc1', 'n-dc2'])
      for (const file of statisticsOf(world, node, 'stays', `snapshots/${world.tag}`))
        writeFileSync(
          file,
          'x'.repeat(STATISTICS.get(node === 'n-dc1' ? 'pending' : 'repaired')?.length ?? 0),
        );
    const ending = await world.run(restore());
    assert.equal(ending.kind, 'done', ending.kind === 'failed' ? String(ending.error) : '');
    assert.ok(
      world.warnings.some((w) => /^"shop"\."stays": what is repaired there cannot be read.*--full/.test(w)),
      String(world.warnings),
    );
  } finally {
    world.remove();
  }
});

test('restore-table --mode merge, killed at any call that makes SSTables, with all nodes: no node calls rows repaired that it did not, run again or not', async () => {
  const world = await backedUpDuringRepair();
  const tables = ['altered'];
  const merge = bringBack({
    from: { kind: 'backup', tag: world.tag },
    names: tables.map((table) => ({ keyspace: 'shop', table })),
    mode: 'merge',
  });
  // Nothing live is repaired; the snapshots' files are others from here on.
  for (const file of ['n-dc1', 'n-dc2'].flatMap((n) => tables.flatMap((t) => statisticsOf(world, n, t)))) {
    rmSync(file);
    writeFileSync(file, STATISTICS.get('clean') ?? '');
  }
  const wrong: string[] = [];
  const look = (at: World, when: string) => {
    const found = at.cluster.nodes.flatMap((n) =>
      statesOf(tables.flatMap((table) => statisticsOf(at, n.name, table))),
    );
    if (found.some((state) => state !== 'clean')) wrong.push(`${when}: ${found.join(', ')}`);
  };
  const undisturbed = world.copy();
  const { calls, kind } = await undisturbed.run(merge);
  assert.equal(kind, 'done');
  look(undisturbed, 'not killed');
  undisturbed.remove();
  for (const [i, call] of calls.entries()) {
    if (!['volumes link', 'volumes replace', 'control refresh'].includes(call)) continue;
    const killed = world.copy();
    await killed.run(merge, { fault: 'restarted', at: i + 1 });
    killed.cluster.restart();
    look(killed, `killed after ${call}`);
    assert.equal((await killed.run(merge)).kind, 'done', call);
    look(killed, `run again after ${call}`);
    killed.remove();
  }
  world.remove();
  assert.deepEqual(wrong, []);
});

import assert from 'node:assert/strict';
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localShell } from '../../src/adapters/node-shell/local-shell.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';
import { World } from '../simulation/cluster/world.ts';
import {
  backedUp,
  backUp,
  bringBack,
  type Command,
  endBackup,
  livingCluster,
  restore,
  restoredVolumes,
} from '../simulation/runs/history.ts';
import type { Kind } from './disks.ts';
import { Disks } from './moments.ts';
import { areOnDisk, type Found, type Rows, whatIsFound } from './truth.ts';

/*
 * One command on a cluster of one node, whose volume is one file system and whose tables are on another; the power is cut at every moment
 * of it. To be run in a mount namespace of its own: unshare --mount node test/power-cut/play.ts KIND PLAY [busy]
 */

/** User tables, which are on the other disk; those of the system are in the volume itself. */
const DATA = 'other';

interface Play {
  prepare(world: World): Promise<World & { readonly tag?: string }>;
  command(tag: string): Command;
  /** Tables that it brings back. */
  readonly tables?: RegExp;
  /** What must not be at a moment, or null. */
  wrong(found: Found & { readonly live: boolean }): string | null;
  /** The same when the command has ended: what it says must outlive a power cut. */
  missing(found: Found & { readonly live: boolean }): string | null;
}

const claimsAreTrue = ({ claimed, whole }: Found) =>
  claimed && !whole ? 'a backup is marked complete and is not whole' : null;

const PLAYS: Readonly<Record<string, Play>> = {
  'before-backup': {
    prepare: async (world) => livingCluster(world),
    command: () => backUp(),
    wrong: claimsAreTrue,
    missing: ({ whole }) => (whole ? null : 'the backup is not there'),
  },
  'after-backup': {
    prepare: (world) => backedUp({}, livingCluster(world)),
    command: () => endBackup(),
    wrong: (found) =>
      claimsAreTrue(found) ?? (found.closed || found.whole ? null : 'the backup is gone, and was not closed'),
    missing: ({ claimed }) => (claimed ? 'the backup is still there' : null),
  },
  'after-restore': {
    prepare: (world) => restoredVolumes(livingCluster(world)),
    command: () => restore(),
    wrong: (found) =>
      claimsAreTrue(found) ??
      (found.restored && !found.live
        ? 'it says that the backup is restored, and the rows are not there'
        : found.live || found.whole
          ? null
          : 'the backup is gone, and its rows are not there'),
    missing: ({ live }) => (live ? null : 'the rows are not there'),
  },
  'restore-table': {
    prepare: (world) => backedUp({}, livingCluster(world)),
    command: (tag) =>
      bringBack({
        from: { kind: 'backup', tag },
        names: ['stays', 'altered'].map((name) => ({ keyspace: 'shop', table: name })),
      }),
    tables: /^shop\.(stays|altered)$/,
    wrong: claimsAreTrue,
    missing: ({ live, whole }) =>
      live && whole ? null : 'the rows are not there, or the backup is not whole any more',
  },
};

/** Cassandra always syncs some file of its own: what others have renamed is then on the disk, too, and what they have written is not. */
function syncSomething(place: string): void {
  mkdirSync(join(place, 'unrelated', 'none'), { recursive: true });
  const file = openSync(join(place, 'unrelated', 'none', 'file'), 'w');
  writeSync(file, String(Math.random()));
  fsyncSync(file);
  closeSync(file);
}

async function play(kind: Kind, name: string, how: readonly string[]): Promise<void> {
  const busy = how.includes('busy');
  const { prepare, command, tables = /./, wrong, missing } = PLAYS[name] ?? assert.fail(`no play ${name}`);
  const root = mkdtempSync(join(tmpdir(), 'kassette-power-'));
  const home = join(root, 'home');
  mkdirSync(home);
  const disks = new Disks(kind, root, join(home, 'n-dc1'), DATA);
  const shell = localShell();
  const world = await prepare(World.make({ dc1: 1 }, { home, dataDirectories: ['data', DATA], shell }));
  const [node] = world.cluster.nodes;
  assert.ok(node !== undefined);
  const saved = savedRows(tables);
  disks.watch();
  world.check = (call) => {
    if (busy) for (const place of [node.volume, join(node.volume, DATA)]) syncSomething(place);
    disks.keep(call);
  };
  const ending = await world.run(command(world.tag ?? ''));
  assert.equal(ending.kind, 'done', String(ending.kind === 'failed' ? ending.error : ''));
  disks.keep('the end');
  const tag = world.tag ?? (ending.kind === 'done' ? (ending.result as { tag: string }).tag : '');
  const last = disks.moments.at(-1);
  const faults: string[] = [];
  const looked = await disks.afterPowerCut(async (volume, moment, way) => {
    const there: Node = { ...node, volume, dataDirectories: ['data', DATA].map((d) => join(volume, d)) };
    const found = { ...(await whatIsFound(there, tag)), live: areOnDisk(join(volume, DATA), saved) };
    const fault = wrong(found) ?? (moment === last ? missing(found) : null);
    if (fault !== null) faults.push(`after ${moment.after} (${way}): ${fault}`);
  });
  disks.remove();
  console.log(`${looked} states after a power cut, ${faults.length} of them untrue`);
  assert.ok(looked > MANY, 'hardly anything was looked at');
  assert.deepEqual(faults, []);
}

/** Fewer than any command goes through. */
const MANY = 10;

/** The rows when the backup was made. */
function savedRows(tables: RegExp): Rows {
  const world = livingCluster();
  const [rows = {}] = Object.values(world.cluster.rows);
  world.remove();
  return Object.fromEntries(Object.entries(rows).filter(([table]) => tables.test(table)));
}

const [kind, name = '', ...how] = process.argv.slice(2);
await play(kind as Kind, name, how);

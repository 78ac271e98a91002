import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseTableName, type TableName } from '../../src/domain/tables/table-name.ts';
import { cloneVolumes, nothingIsLost } from './runs/ends.ts';
import { backedUp, bringBack, endBackup, tablesChanged } from './runs/history.ts';
import { againAndAgain, atEveryCall, defineFor, rowsAfter } from './runs/points.ts';
import { FAULTS } from './runs/process.ts';

const named = (...names: readonly string[]) => names.map((n) => parseTableName(n)).filter((n) => n !== null);
const table = (name: string): TableName => parseTableName(name) ?? { keyspace: name, table: null };

/** Others are served meanwhile, and stay as they are; the backup stays, too. */
const inVolumes = await backedUp();
tablesChanged(inVolumes);
/** The backup is only in copies of the volumes. */
const inCopies = await backedUp({ run: 'r1', hook: true });
const suffix = `kassette-copies-${process.pid}`;
const copies = join(tmpdir(), suffix);
cloneVolumes(inCopies, copies);
await inCopies.run(endBackup({ run: 'r1', hook: true }));
tablesChanged(inCopies);
after(() => {
  for (const world of [inVolumes, inCopies]) world.remove();
  rmSync(copies, { recursive: true });
});

const from = { kind: 'backup', tag: inVolumes.tag } as const;
const names = named('shop.stays', 'shop.restructured', 'shop.gone');
const replace = bringBack({ from, names });
const CASES = {
  'restore-table': {
    ...{ world: inVolumes, command: replace },
    invariant: nothingIsLost(inVolumes.tag, await rowsAfter(inVolumes, replace)),
  },
  'restore-table from clones': {
    ...{
      world: inCopies,
      command: bringBack({
        from: { kind: 'clones', suffixes: [suffix] },
        names: named('shop.stays', 'shop.gone'),
      }),
    },
  },
  'restore-table --mode merge': {
    world: inVolumes,
    command: bringBack({ from, names: named('shop.altered'), mode: 'merge' }),
  },
  'restore-table --as': {
    ...{ world: inVolumes, command: bringBack({ from, names: named('shop.stays'), as: table('shop.old') }) },
    doneAs: 'TARGET_EXISTS',
  },
} as const;

for (const [name, disturbed] of Object.entries(CASES)) {
  for (const fault of FAULTS) {
    defineFor(name === 'restore-table', fault)(
      `${name}, ${fault} at every call: run again it comes to the same end`,
      (t) => atEveryCall(t, fault, disturbed),
    );
  }
  test(`${name}, killed at every call with all nodes: run again it comes to the same end`, (t) =>
    atEveryCall(t, 'restarted', disturbed));
  test(`${name}, several times over`, (t) => againAndAgain(t, disturbed, 15));
}

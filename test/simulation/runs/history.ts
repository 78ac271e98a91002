import type { AfterBackupOptions } from '../../../src/engine/closing/options.ts';
import type { CleanVolumeOptions } from '../../../src/engine/cold/volume/options.ts';
import type { SharingOption } from '../../../src/engine/options.ts';
import type { RestoreOptions } from '../../../src/engine/restore/options.ts';
import type { TableOptions } from '../../../src/engine/tables/options.ts';
import { afterBackup } from '../../../src/engine/verbs/after-backup.ts';
import { afterRestore } from '../../../src/engine/verbs/after-restore.ts';
import { type BeforeBackupOptions, beforeBackup } from '../../../src/engine/verbs/before-backup.ts';
import { cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import { recover } from '../../../src/engine/verbs/recover.ts';
import { restoreTable } from '../../../src/engine/verbs/restore-table.ts';
import { type VerifyOptions, verify } from '../../../src/engine/verbs/verify.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { World } from '../cluster/world.ts';
import { coldPorts } from '../ports/ports.ts';
import type { Process } from './process.ts';

const REPLICATION = "WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '1', 'dc2': '1'}";
const table = (name: string, value = 'text', comment = '') =>
  `CREATE TABLE ${name} (\n    key text PRIMARY KEY,\n    value ${value}\n) WITH comment = '${comment}'`;

/** A command as a process runs it. */
export type Command<T = unknown> = (ports: Ports, process: Process) => Promise<T>;

const COMMON = { datacenters: [], timeoutMs: 120_000, concurrency: 8 } as const;

export const backUp =
  (options: Partial<BeforeBackupOptions> = {}): Command<Awaited<ReturnType<typeof beforeBackup>>> =>
  (ports, { signal }) =>
    beforeBackup(ports, { ...COMMON, tag: undefined, signal, ...options });

export const endBackup =
  (options: Partial<AfterBackupOptions> = {}): Command =>
  (ports, { signal }) =>
    afterBackup(ports, { ...COMMON, tag: undefined, signal, ...options });

const RESTORE: Omit<RestoreOptions, 'signal'> = {
  ...COMMON,
  ...{ tag: undefined, method: undefined, recover: 'never', confirm: async () => false },
  ...{ keepDisplaced: false, elsewhere: false, keepExtra: false, verify: 'quick', reserveBytes: 0 },
};

export const restore =
  (options: Partial<RestoreOptions & SharingOption> = {}): Command =>
  (ports, { signal }) =>
    afterRestore(ports, { ...RESTORE, signal, ...options });

export const restoreCold =
  (options: Partial<RestoreOptions> = {}): Command =>
  (ports, { signal }) =>
    recover(ports, { ...RESTORE, signal, ...options });

export const verifyDeep =
  (tag: string, options: Partial<VerifyOptions> = {}): Command<Awaited<ReturnType<typeof verify>>> =>
  (ports, { signal }) =>
    verify(ports, {
      ...{ ...COMMON, tag: undefined, from: { kind: 'backup', tag }, deep: true, signal },
      ...options,
    });

/** Do it while all datacenters are stopped, and start them then on what is on the disks. */
export async function whileStopped({ cluster }: World, work: () => Promise<unknown>): Promise<void> {
  for (const { name } of cluster.datacenters) cluster.state.stopped[name] = null;
  await work();
  cluster.state.stopped = {};
  cluster.restart();
}

/** `clean-volume` on one volume after the other, or on those of these nodes, as Jobs do it. */
export const cleanVolumes =
  (options: Partial<CleanVolumeOptions> = {}, names: readonly string[] = []): Command =>
  async (ports, process) => {
    const { keepDisplaced, elsewhere, verify, tag } = RESTORE;
    const nodes = (await ports.datacenters.find([])).flatMap((d) => d.nodes);
    for (const { volume } of nodes.filter((n) => names.length === 0 || names.includes(n.name)))
      await cleanVolume(coldPorts(ports, process, volume), {
        ...{
          keepDisplaced,
          elsewhere,
          verify,
          tag,
          dryRun: false,
          listed: false,
          again: false,
          expected: {},
        },
        ...{ signal: process.signal, ...options },
      });
  };

export const bringBack =
  (options: Pick<TableOptions, 'from' | 'names'> & Partial<TableOptions>): Command =>
  (ports, { signal }) =>
    restoreTable(ports, {
      ...COMMON,
      ...{
        tag: undefined,
        mode: 'replace',
        as: null,
        verify: 'quick',
        bytesPerSecond: null,
        reserveBytes: 0,
      },
      ...{ signal, ...options },
    });

/** Two datacenters with one node each, some of whose rows are on the disks, some in memory. */
export function livingCluster(world = World.make({ dc1: 1, dc2: 1 })): World {
  const { cluster } = world;
  cluster.state.roles.push('app');
  for (const statement of [
    `CREATE KEYSPACE shop ${REPLICATION}`,
    `CREATE KEYSPACE lost ${REPLICATION}`,
    table('lost.with'),
    'GRANT SELECT ON KEYSPACE "lost" TO "app"',
    ...['shop.stays', 'shop.altered', 'shop.restructured', 'shop.gone'].map((name) => table(name)),
    'CREATE INDEX by_value ON shop.stays (value)',
    'GRANT SELECT ON TABLE "shop"."gone" TO "app"',
    'GRANT MODIFY ON TABLE "shop"."restructured" TO "app"',
  ])
    cluster.change(statement);
  for (const name of ['stays', 'altered', 'restructured', 'gone']) {
    for (const key of ['a', 'b', 'c']) cluster.write('shop', name, key, `${name} ${key}, old`);
  }
  for (const node of cluster.nodes) {
    cluster.flush(node);
    cluster.at(node).snapshot(cluster.table('shop', 'altered'), 'mine');
  }
  for (const name of ['stays', 'altered']) cluster.write('shop', name, 'b', `${name} b`);
  for (const node of cluster.nodes)
    cluster.at(node).snapshot(cluster.table('shop', 'stays'), 'truncated-1-stays');
  cluster.write('lost', 'with', 'a', 'with a');
  cluster.write('shop', 'stays', 'c', null);
  return world;
}

/** The same with a complete backup in its volumes, and what has been written since. */
export async function backedUp(
  options: Partial<BeforeBackupOptions> = {},
  world = livingCluster(),
): Promise<World & { readonly tag: string }> {
  const ended = await world.run(backUp(options));
  if (ended.kind !== 'done') throw new Error('The backup was not made.', { cause: ended });
  const { cluster } = world;
  for (const name of ['stays', 'altered', 'restructured', 'gone']) {
    cluster.write('shop', name, 'a', `${name} a, newer`);
    cluster.write('shop', name, 'd', `${name} d, newer`);
    cluster.write('shop', name, 'b', null);
  }
  return Object.assign(world, { tag: ended.result.tag });
}

/**
 * Volumes that came back from such copies: what they hold besides the backup is newer, in rows and in schema. Everything that can
 * come over a table is there: it stays, has other options, another structure, is gone, is too much.
 */
export async function restoredVolumes(living = livingCluster()): Promise<World & { readonly tag: string }> {
  const world = await backedUp({}, living);
  const { cluster } = world;
  tablesChanged(world);
  cluster.write('shop', 'stays', 'e', 'stays e, newest');
  for (const node of cluster.nodes) cluster.putFile(node, 'hints/a-1.hints', 'newer');
  cluster.restart();
  return world;
}

/** Everything that can come over a table since its backup. */
export function tablesChanged({ cluster }: World): void {
  for (const node of cluster.nodes) cluster.flush(node);
  for (const statement of [
    'DROP KEYSPACE IF EXISTS "lost"',
    'DROP TABLE IF EXISTS "shop"."gone"',
    'DROP TABLE IF EXISTS "shop"."restructured"',
    table('shop.restructured', 'int'),
    `ALTER TABLE "shop"."altered" WITH comment = 'newer'`,
    table('shop.extra'),
    `CREATE KEYSPACE other ${REPLICATION}`,
    table('other.extra'),
  ])
    cluster.change(statement);
  for (const [keyspace, name] of [
    ['shop', 'extra'],
    ['other', 'extra'],
    ['shop', 'restructured'],
  ] as const)
    cluster.write(keyspace, name, 'x', 'newer');
}

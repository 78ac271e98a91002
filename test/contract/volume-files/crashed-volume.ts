import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after } from 'node:test';
import { type Manifest, renderManifest, renderMarker } from '../../../src/domain/backup/manifest.ts';
import { writeSstable } from '../../simulation/cluster/sstables.ts';
import { copyTree, World } from '../../simulation/cluster/world.ts';
import { backUp } from '../../simulation/runs/history.ts';

export const TAG = 'kassette-20260301T021500Z-1a2b';

/** One node with two data directories. */
const golden = World.make({ 0: 1 }, { dataDirectories: ['data', 'data2'] });
after(() => golden.remove());
const { cluster } = golden;
const [node] = cluster.nodes;
if (node === undefined) throw new Error('There is no node.');
const { volume } = node;
cluster.change("CREATE KEYSPACE ks WITH replication = {'class': 'LocalStrategy'}");
for (const name of ['indexed', 'second']) makeTable(name);
sstable(`${directoryOf('ks', 'indexed')}/.idx`, 'nb-1-big', 'saved index');
const made = await golden.run(backUp({ tag: TAG }));
if (made.kind !== 'done') throw new Error('The backup was not made.', { cause: made });
makeTable('newer');

/** Table directories of the volume: the system tables that a node cannot do without, two tables of users, and one too many. */
export const TABLES = {
  local: directoryOf('system', 'local'),
  peers: directoryOf('system', 'peers_v2'),
  paxos: directoryOf('system', 'paxos'),
  keyspaces: directoryOf('system_schema', 'keyspaces'),
  tables: directoryOf('system_schema', 'tables'),
  columns: directoryOf('system_schema', 'columns'),
  indexed: directoryOf('ks', 'indexed'),
  second: directoryOf('ks', 'second'),
  newer: directoryOf('ks', 'newer'),
} as const;
crash();

function makeTable(name: string): void {
  cluster.change(`CREATE TABLE ks.${name} (\n    key text PRIMARY KEY,\n    value text\n) WITH comment = ''`);
  cluster.write('ks', name, 'a', `of ${name}`);
}

function directoryOf(keyspace: string, name: string): string {
  return relative(volume, cluster.at({ name: 'n-0' }).directory(cluster.table(keyspace, name)));
}

function sstable(directory: string, name: string, value: string): void {
  writeSstable(join(volume, directory), name, [{ key: 'a', value, at: 1 }]);
}

/** What a node's volume looks like after a crash: other live files under the same names and newer ones, transient ones, a user's snapshot. */
function crash(): void {
  const own = (path: string, text: string) => put(volume, path, text);
  for (const directory of Object.values(TABLES)) {
    for (const name of readdirSync(join(volume, directory)).filter((n) => n.startsWith('nb-')))
      rmSync(join(volume, directory, name));
    sstable(directory, 'nb-1-big', `live ${directory}`);
    sstable(directory, 'nb-7-big', `newer ${directory}`);
    own(`${directory}/nb_txn_flush_1.log`, 'torn');
  }
  rmSync(join(volume, TABLES.indexed, '.idx'), { recursive: true });
  sstable(`${TABLES.indexed}/.idx`, 'nb-1-big', 'live index');
  sstable(`${TABLES.indexed}/.other`, 'nb-1-big', 'of an index that the backup does not have');
  own(`${TABLES.indexed}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  own(`${TABLES.newer}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  own(`${TABLES.indexed}/backups/nb-1-big-Data.db`, 'incremental');
  own('commitlog/CommitLog-7-1.log', 'newer writes');
  own('hints/a-1.hints', 'newer hints');
  own('saved_caches/KeyCache-g.db', 'keys');
  own('data/system/_paxos_repair_state/ballot.meta', 'torn');
  own('cdc_raw/CommitLog-7-1.log', 'newer writes');
}

/** Make such a volume, the complete backup in it. */
export function makeVolume(root: string): void {
  copyTree(volume, root);
  makeBackup(root, TAG);
}

/** Put the backup into the volume, or one with another tag, and say something else of it. */
export function makeBackup(root: string, tag: string, changed: Partial<Manifest> = {}): Manifest {
  for (const directory of Object.values(TABLES)) {
    const [from, to] = [TAG, tag].map((t) => join(directory, 'snapshots', t)) as [string, string];
    for (const path of filesBelow(join(volume, from))) {
      mkdirSync(join(root, to, path, '..'), { recursive: true });
      copyFileSync(join(volume, from, path), join(root, to, path));
    }
  }
  const saved = JSON.parse(readFileSync(join(volume, `kassette/${TAG}/backup.json`), 'utf8')) as Manifest;
  // Without their addresses nobody asks whether they run there.
  const nodes = saved.nodes.map(({ address: _, ...others }) => others);
  const manifest: Manifest = { ...saved, tag, nodes, ...changed };
  put(root, `kassette/${tag}/schema.cql`, readFileSync(join(volume, `kassette/${TAG}/schema.cql`), 'utf8'));
  put(root, `kassette/${tag}/backup.json`, String(renderManifest(manifest)));
  put(root, `kassette/${tag}/complete`, renderMarker(tag, renderManifest(manifest)));
  return manifest;
}

export function put(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function filesBelow(path: string): readonly string[] {
  const names =
    statSync(path, { throwIfNoEntry: false }) === undefined
      ? []
      : readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => statSync(join(path, name)).isFile());
}

/** Every file of the volume with its inode, without what kassette keeps there. */
export function inodes(root: string): ReadonlyMap<string, number> {
  const names = filesBelow(root).filter((n) => !n.startsWith('kassette'));
  return new Map(names.map((n) => [n, statSync(join(root, n)).ino]));
}

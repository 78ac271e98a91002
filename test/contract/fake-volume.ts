import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Manifest, renderManifest, renderMarker, sha256 } from '../../src/domain/backup/manifest.ts';
import { tablesOf } from '../../src/domain/backup/snapshot-tables.ts';
import { hostIdOf } from '../host-id.ts';

const SCHEMA = 'CREATE KEYSPACE ks;\n';
const id = (n: number) => `${String(n).padStart(8, '0')}c7b111f08f0c000000000000`;

/** Table directories of a volume: the system tables that a node cannot do without, two tables of users, and one too many. */
export const TABLES = {
  local: `data/system/local-${id(1)}`,
  peers: `data/system/peers_v2-${id(2)}`,
  keyspaces: `data/system_schema/keyspaces-${id(3)}`,
  tables: `data/system_schema/tables-${id(4)}`,
  columns: `data/system_schema/columns-${id(5)}`,
  indexed: `data/ks/indexed-${id(6)}`,
  second: `data2/ks/second-${id(7)}`,
  newer: `data/ks/newer-${id(8)}`,
} as const;

const SAVED = Object.values(TABLES).filter((d) => d !== TABLES.newer);

export function put(root: string, path: string, text: string): void {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Make what looks like a node's volume after a crash: live files, transient ones, a user's snapshot; no backup yet. */
export function makeVolume(root: string): void {
  for (const directory of Object.values(TABLES)) {
    sstable(root, directory, 'nb-1-big', `live ${directory}`);
    sstable(root, directory, 'nb-7-big', `newer ${directory}`);
    put(root, `${directory}/nb_txn_flush_1.log`, 'torn');
  }
  sstable(root, `${TABLES.indexed}/.idx`, 'nb-1-big', 'live index');
  sstable(root, `${TABLES.indexed}/.other`, 'nb-1-big', 'of an index that the backup does not have');
  put(root, `${TABLES.indexed}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  put(root, `${TABLES.newer}/snapshots/mine/nb-1-big-Data.db`, 'theirs');
  put(root, `${TABLES.indexed}/backups/nb-1-big-Data.db`, 'incremental');
  put(root, 'commitlog/CommitLog-7-1.log', 'newer writes');
  put(root, 'hints/a-1.hints', 'newer hints');
  put(root, 'saved_caches/KeyCache-g.db', 'keys');
  put(root, 'data/system/_paxos_repair_state/ballot.meta', 'torn');
  put(root, 'cdc_raw/CommitLog-7-1.log', 'newer writes');
}

/** Put a complete backup into the volume. */
export function makeBackup(root: string, tag: string, changed: Partial<Manifest> = {}): Manifest {
  for (const directory of SAVED) {
    sstable(root, `${directory}/snapshots/${tag}`, 'nb-1-big', `${tag} ${directory}`);
  }
  sstable(root, `${TABLES.indexed}/snapshots/${tag}/.idx`, 'nb-1-big', `${tag} index`);
  put(root, `${TABLES.indexed}/snapshots/${tag}/manifest.json`, '{}');
  const node = { name: 'n-0', datacenter: 'd', rack: 'r', hostId: hostIdOf('n-0') };
  const manifest: Manifest = {
    version: 1,
    kassette: '0.1.0',
    tag,
    cluster: 'c',
    node: { ...node, tokens: ['1'], gossipGeneration: 1 },
    nodes: [node],
    cassandraVersion: '5.0.6',
    schemaVersion: 'v',
    schemaSha256: sha256(SCHEMA),
    startedAt: '2026-03-01T02:15:00.000Z',
    endedAt: '2026-03-01T02:15:00.000Z',
    skewMs: 0,
    tables: [...tablesOf(SAVED.map((directory) => ({ directory, files: filesOf(root, directory, tag) })))],
    permissions: [],
    ...changed,
  };
  put(root, `kassette/${tag}/schema.cql`, SCHEMA);
  put(root, `kassette/${tag}/backup.json`, renderManifest(manifest));
  put(root, `kassette/${tag}/complete`, renderMarker(tag, renderManifest(manifest)));
  return manifest;
}

function sstable(root: string, directory: string, name: string, data: string): void {
  put(root, `${directory}/${name}-Data.db`, data);
  put(root, `${directory}/${name}-Digest.crc32`, String(crc32(data)));
}

function filesOf(root: string, directory: string, tag: string) {
  const snapshot = join(root, directory, 'snapshots', tag);
  return readdirSync(snapshot, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('-big-'))
    .toSorted()
    .map((name) => {
      const bytes = statSync(join(snapshot, name)).size;
      const data = `${tag} ${name.startsWith('.') ? 'index' : directory}`;
      return name.endsWith('Data.db') ? { name, bytes, crc: String(crc32(data)) } : { name, bytes };
    });
}

/** Every file of the volume with its inode, without what kassette keeps there. */
export function inodes(root: string): ReadonlyMap<string, number> {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
    (n) => !n.startsWith('kassette'),
  );
  const stats = names.map((n) => [n, statSync(join(root, n))] as const);
  return new Map(stats.filter(([, s]) => s.isFile()).map(([n, s]) => [n, s.ino]));
}

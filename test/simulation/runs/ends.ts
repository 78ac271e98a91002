import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { type Manifest, parseManifest, renderMarker } from '../../../src/domain/backup/manifest.ts';
import { scanManifest } from '../../../src/domain/backup/manifest-scan.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import { described } from '../cluster/schema-text.ts';
import { copyTree, type World } from '../cluster/world.ts';

const TAG = /kassette-\d{8}T\d{6}Z-[0-9a-f]{4}/g;
/** What says when and by which run something was done, not what. */
const MOMENT =
  /^(startedAt|endedAt|restoredAt|closedAt|openedAt|abandonedAt|skewMs|past|gossipGeneration|schemaVersion|manifestSha256|sha256)$/;

/**
 * What a run leaves, as far as anybody could care: rows before and after the nodes are started anew, schema, permissions, what lies in
 * the volumes besides live SSTables. Moments, ids and tags are left out.
 */
export function endOf(world: World) {
  const { cluster, violations } = world;
  const stopped = { ...cluster.state.stopped };
  const left = Object.fromEntries(cluster.nodes.map((node) => [node.name, leftOn(world, node)]));
  const rows = cluster.nodes.some((n) => cluster.isStopped(n)) ? null : cluster.rows;
  cluster.restart();
  return {
    rows,
    rowsAfterRestart: cluster.rows,
    ...schemaOf(world),
    left,
    stopped,
    violations,
    leaseHolders: cluster.state.leaseHolders,
  };
}

function schemaOf({ cluster }: World) {
  const { schema } = cluster.state;
  return {
    schema: described(schema).map((s) => s.replace(/ID = \S+\s+AND /, '')),
    permissions: schema.permissions
      .map((p) => `${p.role} ${p.resource} ${p.permissions.toSorted().join(' ')}`)
      .toSorted(),
  };
}

function leftOn({ cluster }: World, node: Node) {
  const files = filesBelow(node.volume).map((path) => relative(node.volume, path));
  const cassandra = cluster.at(node);
  return {
    kassette: files
      .filter((f) => f.startsWith('kassette/') && !f.startsWith('kassette/displaced-'))
      .map((f) => `${plain(f)}: ${contentOf(cluster.readFile(node, f))}`),
    snapshots: [
      ...new Set(
        files.flatMap(
          (f) => /^data\/(.*)-\w+\/snapshots\/([^/]+)/.exec(f)?.slice(1).map(plain).join(' ') ?? [],
        ),
      ),
    ],
    rehearsals: readdirSync(join(node.volume, 'data')).filter((name) => name.includes('rehearsal')),
    unknown: cluster.tables.flatMap((t) => cassandra.unknown(t)),
    others: files.filter((f) => !/^(data|kassette|commitlog)\//.test(f)),
  };
}

const plain = (text: string) => text.replaceAll(TAG, 'TAG').replace(/\/attempts\/.*/, '/attempts/…');

function contentOf(text: string): string {
  try {
    return plain(
      JSON.stringify(JSON.parse(text), (key, value: unknown) =>
        MOMENT.test(key) || isCount(key, value) ? '…' : value,
      ),
    );
  } catch {
    return plain(text);
  }
}

/** How often a cold restore was begun. */
const isCount = (key: string, value: unknown) => key === 'run' && typeof value === 'number';

function filesBelow(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)],
    );
}

/** The files of one backup on every node. Whatever writes to one, or puts another in its place, changes its mark. */
function backupFiles({ cluster }: World, tag: string): ReadonlyMap<string, string> {
  const files = cluster.nodes.flatMap((node) => [
    ...cluster.at(node).snapshotsOf(tag).flatMap(filesBelow),
    ...['backup.json', 'schema.cql', 'k8ssandra.json', 'complete'].map(
      (name) => `${node.volume}/kassette/${tag}/${name}`,
    ),
  ]);
  return new Map(files.map((path) => [path, markOf(path)]));
}

function markOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.size} ${found.ino} ${found.mtimeMs}`;
}

/**
 * That no moment of a restore is one at which the data are lost: rows are those that were there, or the backup's, on every node, or the
 * backup is as it was, to the byte.
 */
export function nothingIsLost(tag: string, saved: unknown): (world: World) => () => string | null {
  return (world) => {
    const [old, files] = [world.cluster.rows, backupFiles(world, tag)];
    return () => {
      if ([...files].every(([path, mark]) => markOf(path) === mark)) return null;
      const { rows } = world.cluster;
      if (isDeepStrictEqual(rows, saved) || isDeepStrictEqual(rows, old)) return null;
      return 'the backup is not whole any more, and rows are neither the old nor the saved ones';
    };
  };
}

/** That no marker is on a node without all that it stands for, and that the first one comes when every node has that. */
export function markersAreTrue(world: World, call: string): string | null {
  for (const node of world.cluster.nodes) {
    for (const tag of marked(node)) {
      if (call === 'volumes complete' ? !isWhole(world, tag) : !isWholeOn(node, tag))
        return `backup ${tag} is marked complete on ${node.name}, and is not whole`;
    }
  }
  return null;
}

function marked({ volume }: Node): readonly string[] {
  const kassette = join(volume, 'kassette');
  const names = existsSync(kassette) ? readdirSync(kassette) : [];
  return names.filter((tag) => existsSync(join(kassette, tag, 'complete')));
}

/** Backups that a copy of the node's volume, made now, could be restored to. */
export function wholeOn(node: Node): readonly string[] {
  return marked(node).filter((tag) => isWholeOn(node, tag));
}

/** The one backup that volumes with these could be restored to; null where there is none, or more than one. */
export function restorable(whole: readonly (readonly string[])[]): string | null {
  const [first = [], ...others] = whole;
  const [only, ...more] = first.filter((tag) => others.every((tags) => tags.includes(tag)));
  return more.length === 0 ? (only ?? null) : null;
}

/** Whether every node has the backup: manifest and schema, and all files with their sizes and digests. */
export function isWhole({ cluster }: World, tag: string): boolean {
  return cluster.nodes.every((node) => isWholeOn(node, tag));
}

function isWholeOn({ name, volume }: Node, tag: string): boolean {
  const text = (file: string) => {
    const path = join(volume, 'kassette', tag, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  const manifest = manifestIn(name, tag, {
    ...{ manifest: text('backup.json'), schema: text('schema.cql'), k8ssandra: text('k8ssandra.json') },
  });
  if (manifest === null) return false;
  return manifest.tables.every((t) =>
    t.parts.every((p) =>
      [...p.files].every((f) => isFile(join(volume, p.directory, 'snapshots', tag, f.name), f)),
    ),
  );
}

function manifestIn(
  node: string,
  tag: string,
  texts: { readonly manifest: string; readonly schema: string; readonly k8ssandra: string },
): Manifest | null {
  try {
    const manifest = scanManifest(texts.manifest);
    return parseManifest(node, { ...texts, manifest, marker: renderMarker(tag, manifest) });
  } catch (error) {
    if (error instanceof KassetteError) return null;
    throw error;
  }
}

function isFile(
  path: string,
  { bytes, crc }: { readonly bytes: number; readonly crc?: string | undefined },
): boolean {
  if (!existsSync(path) || statSync(path).size !== bytes) return false;
  return crc === undefined || crc === String(crc32(readFileSync(path)));
}

/** Copies of all volumes beside the live ones, as somebody clones them, each in its node's namespace. */
export function cloneVolumes({ cluster }: World, to: string): void {
  const place = (datacenter: string) => cluster.setup.namespaces?.[datacenter] ?? '';
  for (const node of cluster.nodes) copyTree(node.volume, join(to, place(node.datacenter), node.name));
}

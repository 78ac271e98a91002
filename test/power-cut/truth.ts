import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { VolumeScripts } from '../../src/adapters/volume-scripts/volume-scripts.ts';
import { checkFiles } from '../../src/domain/backup/backup-check.ts';
import { parseManifest } from '../../src/domain/backup/manifest.ts';
import type { Node } from '../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { checkContents } from '../../src/engine/reading/readings.ts';
import { merged, readSstable, sstablesIn } from '../simulation/cluster/sstables.ts';
import { simulatedShell } from '../simulation/ports/shell.ts';

/** Rows by table, `keyspace.name`, and key. */
export type Rows = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a volume says, as kassette reads it, and whether it is so. */
export interface Found {
  /** A backup is marked complete, and no restore with it has come to its end. */
  readonly claimed: boolean;
  /** It is: every file is there, to the byte. */
  readonly whole: boolean;
  /** The volume says that a restore is done, or that all is loaded. */
  readonly restored: boolean;
  /** It says that the backup was closed. */
  readonly closed: boolean;
}

const volumes = new VolumeScripts(simulatedShell());

export async function whatIsFound(node: Node, tag: string): Promise<Found> {
  const { backups, restored, closed } = await volumes.survey(node);
  const backup = backups.find((b) => b.tag === tag);
  const loaded = backup?.journal?.value?.stage === 'loaded';
  const complete = backup?.complete === true;
  return {
    claimed: complete && !loaded,
    whole: complete && (await isWhole(node, tag)),
    restored: loaded || restored !== null,
    closed: closed !== null,
  };
}

async function isWhole(node: Node, tag: string): Promise<boolean> {
  try {
    const contents = await volumes.read(node, tag);
    const manifest = parseManifest(node.name, contents);
    checkFiles(node, manifest, contents.parts);
    await checkContents({ volumes }, node, { manifest, parts: contents.parts });
    return true;
  } catch (error) {
    if (error instanceof KassetteError) return false;
    throw error;
  }
}

/** Whether tables are on the disk with these rows and no others. */
export function areOnDisk(directory: string, rows: Rows): boolean {
  return Object.entries(rows).every(([table, own]) => {
    const [keyspace = '', name = ''] = table.split('.');
    const parent = join(directory, keyspace);
    const places = sstableDirectories(parent, name);
    return places.some((place) => isDeepStrictEqual(rowsIn(place), own));
  });
}

function sstableDirectories(parent: string, name: string): readonly string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((d) => d.startsWith(`${name}-`))
    .map((d) => join(parent, d));
}

/** Null where an SSTable cannot be read. */
function rowsIn(directory: string): Readonly<Record<string, string>> | null {
  const sstables = [...sstablesIn(directory)].filter(([, files]) =>
    files.some((f) => f.endsWith('-Data.db')),
  );
  const isSound = ([name]: (typeof sstables)[number]) => {
    const [data, digest] = [textOf(directory, `${name}-Data.db`), textOf(directory, `${name}-Digest.crc32`)];
    const others = ['Statistics.db', 'TOC.txt'].map((component) => textOf(directory, `${name}-${component}`));
    return String(crc32(data)) === digest && !others.includes('');
  };
  if (!sstables.every(isSound)) return null;
  return Object.fromEntries(merged(sstables.flatMap(([name]) => readSstable(directory, name))));
}

function textOf(directory: string, name: string): string {
  const path = join(directory, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

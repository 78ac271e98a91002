import { join } from 'node:path';
import { isTableWithoutId, PAXOS_STATE } from '../../domain/cluster/data-directories.ts';
import { type LiveTable, type LiveVolume, TRANSIENT } from '../../domain/restore/cold-plan.ts';
import { entriesOf } from './entries.ts';
import { plain } from './plain.ts';

/** `<table>-<id without dashes>` */
const TABLE = /^\w+-[0-9a-f]{32}$/;
/** Below a table: what is not live. Snapshots are what the links come from; incremental backups are the user's. */
const NOT_LIVE: ReadonlySet<string> = new Set(['snapshots', 'backups']);
/** What a file system keeps in its root, mostly for root alone to read. */
const OF_FILE_SYSTEM = 'lost+found';
const NOT_DATA: ReadonlySet<string> = new Set(['commitlog', 'kassette', OF_FILE_SYSTEM, ...TRANSIENT]);
/** `<table>`, as Cassandra made it before 2.1 and uses it as long as it is there. */
const BARE_TABLE = /^\w+$/;

/**
 * What Cassandra would read at its next start. Data directories are those below the volume in which there are directories
 * of tables: they may have any name, and several may be used.
 */
export async function findLive(root: string): Promise<LiveVolume> {
  const data = await dataDirectories(root);
  const tables = (await Promise.all(data.map((d) => tablesIn(root, d)))).flat();
  // It recreates that state from `system.paxos` when it is not there, and does not start on one that is torn.
  const derived = [...TRANSIENT, ...data.map((d) => `${d}/${PAXOS_STATE}`)];
  const transient = await Promise.all(derived.map((d) => filesBelow(root, d)));
  const bare = (await Promise.all(data.map((d) => directoriesOfTables(root, d, BARE_TABLE))))
    .flat()
    .filter(isTableWithoutId);
  return { tables, transient: transient.flat(), bare };
}

/** Names of the directories at the top of the volume that are data directories. */
export async function dataDirectories(root: string): Promise<readonly string[]> {
  const names = (await directoriesIn(root)).filter((n) => !NOT_DATA.has(n));
  const has = await Promise.all(names.map(async (n) => (await tableDirectories(root, n)).length > 0));
  return names.filter((_, i) => has[i]);
}

/** Paths of all table directories of a data directory, relative to the volume. */
export function tableDirectories(root: string, data: string): Promise<readonly string[]> {
  return directoriesOfTables(root, data, TABLE);
}

async function directoriesOfTables(root: string, data: string, form: RegExp): Promise<readonly string[]> {
  const keyspaces = (await directoriesIn(join(root, data))).filter((k) => k !== OF_FILE_SYSTEM);
  const found = await Promise.all(
    keyspaces.map(async (k) => {
      const names = await directoriesIn(join(root, data, k));
      return names.filter((n) => form.test(n)).map((n) => `${data}/${k}/${n}`);
    }),
  );
  return found.flat();
}

async function tablesIn(root: string, data: string): Promise<readonly LiveTable[]> {
  return Promise.all(
    (await tableDirectories(root, data)).map(async (directory) => ({
      directory,
      files: await liveFiles(root, directory),
    })),
  );
}

async function liveFiles(root: string, directory: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await entriesOf(join(root, directory))) {
    const path = `${directory}/${entry.name}`;
    if (!entry.isDirectory()) files.push(path);
    // A secondary index's directory has snapshots and backups of its own in some releases.
    else if (!NOT_LIVE.has(entry.name)) files.push(...(await liveFiles(root, path)));
  }
  return files;
}

async function filesBelow(root: string, directory: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await entriesOf(await plain(root, directory))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesBelow(root, path)));
    else files.push(path);
  }
  return files;
}

async function directoriesIn(path: string): Promise<readonly string[]> {
  return (await entriesOf(path)).filter((e) => e.isDirectory()).map((e) => e.name);
}

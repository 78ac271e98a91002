import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeOnce } from './prerequisites.ts';
import { runQuietly } from './run-quietly.ts';

/*
 * Class-data sharing: an archive of Cassandra's classes, parsed and verified once a machine. A node that maps it starts with
 * a quarter to a third less processor time. Java takes an archive only where its own build and the jars are those that made
 * it, and starts without one otherwise.
 */

/** One node's part in it. */
export interface ClassSharing {
  readonly archive: string;
  /** Where a start without the archive lists the classes that it loads: those are archived. */
  readonly list: string;
}

/** The collector of the nodes: Java lays an archive out for one. */
const DUMP_OPTIONS = ['-XX:+UseSerialGC', '-Xshare:dump'] as const;

/** What Java is told at a start: to use the archive, or to write the list that one is made of. */
export function classSharingOptions(sharing: ClassSharing | undefined): readonly string[] {
  if (sharing === undefined) return [];
  return existsSync(sharing.archive)
    ? ['-Xshare:auto', `-XX:SharedArchiveFile=${sharing.archive}`]
    : [`-XX:DumpLoadedClassList=${sharing.list}`];
}

/**
 * Where the archive is, made or not; another place for another Java or other jars, which Java knows by size and time.
 * @param javaVersion what that Java says about itself
 */
export async function classArchivePath(
  home: string,
  javaVersion: string,
  libraries: string,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([javaVersion, DUMP_OPTIONS]));
  for (const name of (await readdir(libraries)).toSorted()) {
    const jar = join(libraries, name);
    const { size, mtimeMs } = await stat(jar);
    hash.update(`\0${jar} ${size} ${mtimeMs}`);
  }
  return join(home, `archive-${hash.digest('hex').slice(0, 12)}`, 'classes.jsa');
}

/** Makes the archive, which is not there yet, from the list of a start. */
export async function makeClassArchive(
  java: string,
  libraries: string,
  { archive, list }: ClassSharing,
): Promise<void> {
  await makeOnce(dirname(archive), async (directory) => {
    const chosen = join(directory, 'classes.list');
    await writeFile(chosen, wholeLines(await readFile(list, 'utf8')));
    await runQuietly(java, [
      ...DUMP_OPTIONS,
      `-XX:SharedClassListFile=${chosen}`,
      `-XX:SharedArchiveFile=${join(directory, basename(archive))}`,
      // A start's class path begins with the same: Java asks for that.
      '-cp',
      join(libraries, '*'),
    ]);
  });
}

/** Java goes on writing the list for as long as it runs. */
export function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1);
}

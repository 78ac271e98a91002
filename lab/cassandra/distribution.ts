import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { classArchivePath } from './class-archive.ts';
import { cacheDirectory, javaFor, javaMajorFor, makeOnce, maven } from './prerequisites.ts';
import { runQuietly } from './run-quietly.ts';

/** What a Cassandra process is made of. */
export interface Distribution {
  readonly javaMajor: number;
  readonly java: string;
  /** Directory of jars: Cassandra, what it needs, jamm. */
  readonly libraries: string;
  /** Put behind the libraries: the entry point that adds the stand-in's MBean, and what the runtime lacks. */
  readonly classPath: readonly string[];
  readonly jolokiaAgent: string;
  /** An archive of the libraries' classes, made or not: `class-archive.ts`. None in the image of the test bed. */
  readonly classArchive?: string;
}

const POM = join(import.meta.dirname, 'pom.xml');
const SOURCES = join(import.meta.dirname, 'java');
/** Only for the small Java 11 runtime, which has no HTTP server for Jolokia. */
const SOURCES_11 = join(import.meta.dirname, 'java-11');
/** Only for 5.0 and later, whose commit log it replays. */
const SOURCES_17 = join(import.meta.dirname, 'java-17');

/** Fetches one Cassandra release into the cache, once; later calls only look. */
export async function prepareDistribution(version: string): Promise<Distribution> {
  const java = await javaFor(version);
  const javaMajor = javaMajorFor(version);
  const home = join(cacheDirectory(), `cassandra-${version}`);
  await makeOnce(home, (directory) => download(version, directory));
  const tool = (jar: string) => join(home, 'tools', `${jar}.jar`);
  const sources = [SOURCES, javaMajor === 11 ? SOURCES_11 : SOURCES_17];
  const added = javaMajor === 11 ? [tool('http')] : [];
  const classes = join(home, `classes-${await digest(sources)}`);
  await makeOnce(classes, async (directory) => {
    const classPath = [...added, ...(await jarsIn(join(home, 'lib')))];
    await compile(java, tool('ecj'), sources, classPath, directory);
  });
  const libraries = join(home, 'lib');
  return {
    java,
    javaMajor,
    libraries,
    classPath: [classes, ...added],
    jolokiaAgent: tool('jolokia-agent-jvm-javaagent'),
    classArchive: await classArchivePath(home, (await runQuietly(java, ['-version'])).stderr, libraries),
  };
}

async function download(version: string, directory: string): Promise<void> {
  await runQuietly(await maven(), [
    '--quiet',
    '--batch-mode',
    `--file=${POM}`,
    'package',
    `-Dcassandra.version=${version}`,
    `-Dlibraries=${join(directory, 'lib')}`,
    `-Dtools=${join(directory, 'tools')}`,
  ]);
}

/** Language level 8: every Java runs it, and it knows no modules, which some jars would clash with. */
async function compile(
  java: string,
  compiler: string,
  sources: readonly string[],
  classPath: readonly string[],
  target: string,
): Promise<void> {
  const options = ['-8', '-proc:none', '-nowarn', '-cp', classPath.join(':'), '-d', target];
  await runQuietly(java, ['-jar', compiler, ...options, ...sources], { cwd: tmpdir() });
}

async function jarsIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).map((jar) => join(directory, jar));
}

/** Names the compiled classes, so that changed sources are compiled again. */
async function digest(sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    const files = (await readdir(source, { recursive: true })).filter((file) => file.endsWith('.java'));
    for (const file of files.sort()) hash.update(await readFile(join(source, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

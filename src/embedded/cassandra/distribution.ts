import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory, javaFor, javaMajorFor, makeOnce, maven } from '../prerequisites.ts';
import { runQuietly } from '../run-quietly.ts';

/** What a Cassandra process is made of. */
export interface Distribution {
  readonly javaMajor: number;
  readonly java: string;
  /** Directory of jars: Cassandra, what it needs, jamm. */
  readonly libraries: string;
  /** Put before the libraries: the entry point that adds the stand-in's MBean, and what the runtime lacks. */
  readonly classPath: readonly string[];
  readonly jolokiaAgent: string;
}

const POM = join(import.meta.dirname, 'pom.xml');
const SOURCES = join(import.meta.dirname, 'java');

/** Fetches one Cassandra release into the cache, once; later calls only look. */
export async function prepareDistribution(version: string): Promise<Distribution> {
  const java = await javaFor(version);
  const major = javaMajorFor(version);
  const home = join(cacheDirectory(), `cassandra-${version}`);
  await makeOnce(home, (directory) => download(version, directory));
  const classes = join(home, `classes-${await sourceDigest()}`);
  await makeOnce(classes, (directory) => compile(java, home, directory));
  return {
    java,
    javaMajor: major,
    libraries: join(home, 'lib'),
    classPath: major === 11 ? [classes, join(home, 'tools', 'http.jar')] : [classes],
    jolokiaAgent: join(home, 'tools', 'jolokia-agent-jvm-javaagent.jar'),
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
async function compile(java: string, home: string, classes: string): Promise<void> {
  const libraries = join(home, 'lib');
  const jars = (await readdir(libraries)).map((jar) => join(libraries, jar));
  const compiler = ['-jar', join(home, 'tools', 'ecj.jar'), '-8', '-proc:none', '-nowarn'];
  await runQuietly(java, [...compiler, '-cp', jars.join(':'), '-d', classes, SOURCES], { cwd: tmpdir() });
}

/** Names the compiled classes, so that changed sources are compiled again. */
async function sourceDigest(): Promise<string> {
  const hash = createHash('sha256');
  const files = (await readdir(SOURCES, { recursive: true })).filter((file) => file.endsWith('.java')).sort();
  for (const file of files) hash.update(await readFile(join(SOURCES, file)));
  return hash.digest('hex').slice(0, 12);
}

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Distribution, prepareDistribution } from '../../../../lab/cassandra/distribution.ts';
import { cacheDirectory, makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { CASSANDRA_USER, debianRoot } from './debian-root.ts';
import { javaPackages, writeDistributionLayer } from './distribution-layer.ts';
import { writeDockerArchive, writeLayer } from './docker-archive.ts';
import { bundlePodProgram } from './pod-program.ts';

/** Counts up when what is made of the same inputs changes. */
const FORMAT = 1;

/** What kassette's scripts in a node's container and the operator's stop hooks (wget in v1.15) call. */
const PACKAGES = ['ca-certificates', 'curl', 'libstdc++6', 'procps', 'wget'] as const;

/** The node runtime and the program beside it. */
const PROGRAM_HOME = '/opt/kassette';

/** The command of a container of the image; `configure` for the init container, `serve` for Cassandra's. */
export function podCommand(verb: 'configure' | 'serve'): readonly string[] {
  return [`${PROGRAM_HOME}/node`, `${PROGRAM_HOME}/pod.mjs`, verb];
}

export function cassandraImageReference(version: string): string {
  return `kassette.test/cassandra:${version}`;
}

/**
 * Path of a docker archive whose image runs that Cassandra behind the management API stand-in; made once for the same
 * inputs, with at most one kept per version.
 */
export async function buildCassandraImage(version: string): Promise<string> {
  const distribution = await prepareDistribution(version);
  const root = await debianRoot([...PACKAGES, ...javaPackages(distribution)]);
  const program = await bundlePodProgram();
  const inputs = [FORMAT, version, root, distribution, process.version, program];
  const digest = createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12);
  const home = join(cacheDirectory(), 'bed', 'images', `cassandra-${version}-${digest}`);
  await makeOnce(home, (directory) => assemble(directory, version, root, distribution, program));
  await removeOlder(home, `cassandra-${version}-`);
  return join(home, 'image.tar');
}

async function assemble(
  directory: string,
  version: string,
  root: string,
  distribution: Distribution,
  program: string,
): Promise<void> {
  const layers = { cassandra: join(directory, 'cassandra.tar'), program: join(directory, 'program.tar') };
  await writeDistributionLayer(version, distribution, layers.cassandra);
  await writeProgramLayer(program, layers.program);
  const image = {
    reference: cassandraImageReference(version),
    layers: [root, layers.cassandra, layers.program],
    command: podCommand('serve'),
    user: CASSANDRA_USER,
  };
  await writeDockerArchive(image, join(directory, 'image.tar'));
  await Promise.all([rm(layers.cassandra), rm(layers.program)]);
}

async function writeProgramLayer(program: string, target: string): Promise<void> {
  const stage = `${target}.stage`;
  const home = join(stage, PROGRAM_HOME);
  await mkdir(home, { recursive: true });
  await copyFile(process.execPath, join(home, 'node'));
  await writeFile(join(home, 'pod.mjs'), program);
  await writeLayer(stage, 'opt', target);
  await rm(stage, { recursive: true });
}

/** Images are large, and every change of the stand-in makes another. */
async function removeOlder(newest: string, prefix: string): Promise<void> {
  const directory = dirname(newest);
  const names = await readdir(directory);
  const older = names.filter(
    (name) => name.startsWith(prefix) && name !== basename(newest) && !name.includes('.making-'),
  );
  await Promise.all(older.map((name) => rm(join(directory, name), { recursive: true, force: true })));
}

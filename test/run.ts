import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../demo/lab/lab.ts';
import type { EmbeddedCluster } from '../src/embedded/launcher.ts';
import { conclude, failedAs, runProgram, runTests, startAside, type Tally } from './suites.ts';

const tallies: Tally[] = [
  await runProgram('format, lint and layers', 'biome', ['check', '--error-on-warnings', '.']),
  await runProgram('types', 'tsc', ['-p', '.']),
  await runTests('unit and contract tests', ['test/unit/*.test.ts', 'test/contract/*.test.ts'], 2),
];
// A cluster of Kubernetes waits for much of its time: what runs on loopback meanwhile costs it little.
const onKubernetes =
  process.getuid?.() === 0 ? startAside('e2e', process.execPath, ['test/e2e/run.ts']) : undefined;
// Other releases are in `clusters/`, with every object dropped, which asks more of DESCRIBE, and on Kubernetes.
for (const [title, program] of [
  ['demo', 'demo/main.ts'],
  ['demo with volumes on which Cassandra does not start', 'demo/dirty.ts'],
] as const) {
  tallies.push(await runProgram(title, process.execPath, [program], { KEEP: '', CASSANDRA_VERSION: '' }));
}
tallies.push(await onOneCluster('hard cases on one cluster', ['test/cluster/*.test.ts']));
tallies.push(await runTests('a thousand simulated nodes', ['test/scale/*.test.ts'], 1));
tallies.push(await runTests('clusters of their own', ['test/clusters/*.test.ts'], 1));
if (onKubernetes === undefined)
  console.log('\nNot run: a Kubernetes of its own needs root; `sudo make e2e` runs it.');
else tallies.push(await onKubernetes());
conclude(tallies);

/** The files run one after another on a cluster that all of them use. */
async function onOneCluster(title: string, patterns: readonly string[]): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  let cluster: EmbeddedCluster | undefined;
  try {
    cluster = await startLab({ directory, subnet: '127.0.1', onProgress: (text) => console.log(text) });
    process.env['KASSETTE_TEST_CLUSTER'] = directory;
    return await runTests(title, patterns, 1);
  } catch (error) {
    // What runs aside is to come to its end, too.
    console.error(error);
    return failedAs(`${title}: ${error}`);
  } finally {
    delete process.env['KASSETTE_TEST_CLUSTER'];
    await cluster?.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLab } from '../demo/lab/lab.ts';
import { runEndToEnd } from './e2e/run.ts';
import { conclude, runProgram, runTests, type Tally } from './suites.ts';

/** The releases between, 4.0.1 and 4.1.9, are in `clusters/`: with every object dropped, which asks more of DESCRIBE. */
const VERSIONS = ['5.0.6', '4.0.17'];

const tallies: Tally[] = [
  await runProgram('format, lint and layers', 'biome', ['check', '--error-on-warnings', '.']),
  await runProgram('types', 'tsc', ['-p', '.']),
  await runTests('unit and contract tests', ['test/unit/*.test.ts', 'test/contract/*.test.ts'], 2),
];
for (const version of VERSIONS) {
  tallies.push(
    await runProgram(`demo on Cassandra ${version}`, process.execPath, ['demo/main.ts'], {
      CASSANDRA_VERSION: version,
      KEEP: '',
    }),
  );
}
tallies.push(
  await runProgram('demo with volumes on which Cassandra does not start', process.execPath, [
    'demo/dirty.ts',
  ]),
);
tallies.push(await onOneCluster('hard cases on one cluster', ['test/cluster/*.test.ts']));
tallies.push(await runTests('a thousand simulated nodes', ['test/scale/*.test.ts'], 1));
tallies.push(await runTests('clusters of their own', ['test/clusters/*.test.ts'], 1));
if (process.getuid?.() === 0) tallies.push(...(await runEndToEnd()));
else console.log('\nNot run: a Kubernetes of its own needs root; `sudo make e2e` runs it.');
conclude(tallies);

/** The files run one after another on a cluster that all of them use. */
async function onOneCluster(title: string, patterns: readonly string[]): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  const cluster = await startLab({ directory, subnet: '127.0.1', onProgress: (text) => console.log(text) });
  process.env['KASSETTE_TEST_CLUSTER'] = directory;
  try {
    return await runTests(title, patterns, 1);
  } finally {
    delete process.env['KASSETTE_TEST_CLUSTER'];
    await cluster.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

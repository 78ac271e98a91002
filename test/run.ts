import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { check } from './check.ts';
import { startSmall } from './cluster/support/target.ts';
import { conclude, failedAs, runProgram, runTests, startAside, type Tally } from './suites.ts';
import { enterTier, filesOf, TEST_SUBNET, type Tier } from './tiers.ts';

/*
 * make test, and with --all make test-all; docs/contributing/testing.md says which case is where, and why.
 * ONLY=… runs the suites whose title holds one of these parts, divided by commas.
 */
const tier: Tier = process.argv.includes('--all') ? 'test-all' : 'test';
enterTier(tier);
const only = (process.env['ONLY'] ?? '').split(',');
const QUIET = { KEEP: '', CASSANDRA_VERSION: '' };

const SUITES: readonly { readonly title: string; readonly run: (title: string) => Promise<Tally> }[] = [
  { title: 'demo', run: (title) => runProgram(title, process.execPath, ['demo/main.ts'], QUIET) },
  ...(tier === 'test'
    ? []
    : [{ title: 'demo with volumes on which Cassandra does not start', run: dirtyDemo }]),
  { title: 'hard cases on one cluster', run: onOneCluster },
  {
    title: 'simulated: disturbed at every port call',
    run: (title) => runTests(title, ['test/simulation/**/*.test.ts', 'test/oracle/simulated.test.ts'], 2),
  },
  ...(tier === 'test'
    ? []
    : [
        {
          title: 'oracle: random rounds on a real cluster',
          run: (title: string) => runTests(title, ['test/oracle/real.test.ts'], 1),
        },
      ]),
  { title: 'the power is cut at every moment', run: cutPower },
  { title: 'many simulated nodes and files', run: (title) => runTests(title, ['test/scale/*.test.ts'], 1) },
  { title: 'the executable', run: (title) => runTests(title, ['test/executable/*.test.ts'], 1) },
  {
    title: 'clusters of their own',
    run: (title) => runTests(title, filesOf(tier, 'test/clusters/**/*.test.ts'), 1),
  },
];

const chosen = (title: string) => only.some((part) => title.includes(part));
const tallies: Tally[] = [];
if (chosen('check')) tallies.push(...(await check()));
// A cluster of Kubernetes waits for much of its time: what runs on loopback meanwhile costs it little.
const onKubernetes = chosen('e2e') ? startEndToEnd() : undefined;
for (const { title, run } of SUITES) if (chosen(title)) tallies.push(await run(title));
if (onKubernetes !== undefined) tallies.push(await onKubernetes());
conclude(tallies);

function startEndToEnd(): (() => Promise<Tally>) | undefined {
  if (process.getuid?.() !== 0) {
    console.log('\nNot run: a Kubernetes of its own needs root; `sudo make e2e` runs it.');
    return undefined;
  }
  const args = ['test/e2e/run.ts', ...(tier === 'test' ? [] : ['--all'])];
  // It has a choice of its own under the same name.
  return startAside('e2e', process.execPath, args, { ONLY: '' });
}

async function cutPower(title: string): Promise<Tally> {
  if (process.getuid?.() === 0) return runTests(title, ['test/power-cut/*.test.ts'], 2);
  console.log(`\nNot run: ${title}: file systems of its own need root.`);
  return { passed: 0, failed: 0, skipped: 0, failures: [] };
}

function dirtyDemo(title: string): Promise<Tally> {
  return runProgram(title, process.execPath, ['demo/dirty.ts'], QUIET);
}

/** The files run one after another on a cluster that all of them use. */
async function onOneCluster(title: string): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'kassette-test-'));
  let cluster: EmbeddedCluster | undefined;
  try {
    cluster = await startSmall({ directory, subnet: TEST_SUBNET, onProgress: (text) => console.log(text) });
    process.env['KASSETTE_TEST_CLUSTER'] = directory;
    return await runTests(title, filesOf(tier, 'test/cluster/**/*.test.ts'), 1);
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

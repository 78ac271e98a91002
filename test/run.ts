import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { check } from './check.ts';
import { startSmall } from './cluster/support/target.ts';
import { conclude, failedAs, runMarked, runProgram, runTests, type Tally } from './suites.ts';
import { enterTier, FORMED_SUBNET, filesOf, GOLDEN, TEST_SUBNET, type Tier } from './tiers.ts';

/*
 * make test, and with --all make test-all; docs/contributing/testing.md says which case is where, and why.
 * ONLY=… runs the suites whose title holds one of these parts, divided by commas.
 */
const tier: Tier = process.argv.includes('--all') ? 'test-all' : 'test';
enterTier(tier);
const only = (process.env['ONLY'] ?? '').split(',');
const QUIET = { KEEP: '', CASSANDRA_VERSION: '' };
const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };

interface Suite {
  readonly title: string;
  run(title: string): Promise<Tally>;
}

const inAll = (...suites: readonly Suite[]) => (tier === 'test' ? [] : suites);
const OWN = filesOf(tier, 'test/clusters/**/*.test.ts');

/** On clusters of processes. */
const ON_LOOPBACK: readonly Suite[] = [
  { title: 'demo', run: (title) => runProgram(title, process.execPath, ['demo/main.ts'], QUIET) },
  ...inAll({ title: 'demo with volumes on which Cassandra does not start', run: dirtyDemo }),
  { title: 'hard cases on one cluster', run: onOneCluster },
  {
    title: 'clusters of their own',
    run: (title) =>
      runTests(
        title,
        OWN.filter((file) => GOLDEN.includes(file)),
      ),
  },
  ...inAll({
    title: 'oracle: random rounds on a real cluster',
    run: (title) => runTests(title, ['test/oracle/real.test.ts']),
  }),
];

/** At the same time: a cluster on Kubernetes and a slow node wait for much of theirs. */
const BESIDE: readonly Suite[] = [
  { title: 'e2e', run: endToEnd },
  { title: 'a slow node', run: (title) => runTests(title, ['test/slow-node/*.test.ts'], { mark: title }) },
];

/** Whichever of these rows has ended first goes on with it. */
const IN_EITHER: readonly Suite[] = [
  {
    title: 'clusters of their own, formed',
    run: (title) =>
      runTests(
        title,
        OWN.filter((file) => !GOLDEN.includes(file)),
        { mark: 'formed', env: { KASSETTE_TEST_SUBNET: FORMED_SUBNET } },
      ),
  },
];

/** With what the others leave of the processors: it needs no cluster, and waits for nothing. */
const IDLE: readonly Suite[] = [
  {
    title: 'simulated: disturbed at every port call',
    run: (title) =>
      runTests(title, ['test/simulation/**/*.test.ts', 'test/oracle/simulated.test.ts'], {
        ...{ concurrency: 2, mark: 'simulated', idle: true },
      }),
  },
  {
    title: 'many simulated nodes and files',
    run: (title) => runTests(title, ['test/scale/*.test.ts'], { mark: 'many nodes', idle: true }),
  },
  {
    title: 'the executable',
    run: (title) => runTests(title, ['test/executable/*.test.ts'], { mark: 'executable', idle: true }),
  },
];

/** It races the kernel. */
const ALONE: readonly Suite[] = [{ title: 'the power is cut at every moment', run: cutPower }];

const chosen = (title: string) => only.some((part) => title.includes(part));
const checked = chosen('check') ? await check() : [];
const either = IN_EITHER.values();
const rows = [
  ...[ON_LOOPBACK, BESIDE].map(async (row) => [...(await oneByOne(row)), ...(await oneByOne(either))]),
  oneByOne(IDLE),
];
conclude([...checked, ...(await Promise.all(rows)).flat(), ...(await oneByOne(ALONE))]);

async function oneByOne(suites: Iterable<Suite>): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  for (const { title, run } of suites) {
    if (!chosen(title)) continue;
    tallies.push(
      await run(title).catch((error) => {
        // What runs beside is to come to its end, too.
        console.error(error);
        return failedAs(`${title}: ${error}`);
      }),
    );
  }
  return tallies;
}

async function endToEnd(mark: string): Promise<Tally> {
  if (process.getuid?.() !== 0) {
    console.log('\nNot run: a Kubernetes of its own needs root; `sudo make e2e` runs it.');
    return NOTHING;
  }
  const args = ['test/e2e/run.ts', ...(tier === 'test' ? [] : ['--all'])];
  // It has a choice of its own under the same name.
  return runMarked(mark, process.execPath, args, { ONLY: '' });
}

async function cutPower(title: string): Promise<Tally> {
  if (process.getuid?.() === 0) return runTests(title, ['test/power-cut/*.test.ts'], { concurrency: 2 });
  console.log(`\nNot run: ${title}: file systems of its own need root.`);
  return NOTHING;
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
    return await runTests(title, filesOf(tier, 'test/cluster/**/*.test.ts'));
  } finally {
    delete process.env['KASSETTE_TEST_CLUSTER'];
    await cluster?.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

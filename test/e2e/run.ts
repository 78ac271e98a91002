import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conclude, runTests, type Tally } from '../suites.ts';
import { type Bed, startBed } from './bed/bed.ts';
import { buildCassandraImage } from './bed/image/cassandra-image.ts';
import type { OperatorVersion } from './bed/operator.ts';
import { providePackages } from './bed/prerequisites.ts';
import { buildKassetteImage } from './support/kassette-image.ts';

const DIRECTORY = '/tmp/kassette-e2e';

/** What every commit has to pass, or all there is. docs/testing.md says what is where, and why. */
export type Tier = 'commit' | 'all';

/** Files that run one after the other, on a datacenter that they share or on ones of their own. */
type Chain = readonly string[];

interface Suite {
  readonly operator: OperatorVersion;
  readonly release: string;
  /** The chains of a stage run at the same time, in namespaces of their own; the next stage begins when all have ended. */
  readonly stages: Readonly<Record<Tier, readonly (readonly Chain[])[]>>;
}

const RING = ['story', 'rights', 'tables'];
const LONE = ['packaging', 'kasten', 'cold-one-node'];

const SUITES: readonly Suite[] = [
  {
    operator: '1.22.4',
    release: '5.0.6',
    stages: {
      commit: [[RING, LONE]],
      all: [
        [
          [...RING, 'story-pods', 'clones', 'cold'],
          [...LONE, 'many-datacenters', 'states', 'beside'],
        ],
        // It closes the machine to new pods and stops the API server: nothing else can be at work.
        [['faults']],
      ],
    },
  },
  {
    operator: '1.15.0',
    release: '4.0.1',
    stages: { commit: [], all: [[['story', 'story-pods'], ['cold-one-node']]] },
  },
];

/** The test files on real Kubernetes, one bed after the other; `only` runs those of the tier whose name holds one of its parts. */
export async function runEndToEnd(
  tier: Tier = tierOf(process.env['E2E_TIER']),
  only = process.env['ONLY'] ?? '',
): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  await providePackages(say);
  const kassette = await buildKassetteImage();
  for (const suite of SUITES) {
    const stages = chosen(suite, tier, only.split(','));
    if (stages.length > 0) tallies.push(...(await onBed(suite, stages, kassette)));
  }
  // Where nothing was chosen the directory is whoever's bed runs there now.
  if (tallies.length === 0) return tallies;
  if (tallies.every((t) => t.failed === 0)) rmSync(DIRECTORY, { recursive: true, force: true });
  else console.log(`The logs of the bed are in ${DIRECTORY}/logs.`);
  return tallies;
}

async function onBed(
  { operator, release }: Suite,
  stages: readonly (readonly Chain[])[],
  kassette: string,
): Promise<readonly Tally[]> {
  const cassandra = await buildCassandraImage(release);
  const bed: Bed = await startBed({ directory: DIRECTORY, onProgress: say });
  try {
    await Promise.all([cassandra, kassette].map((image) => bed.importImage(image)));
    await bed.startOperator(operator);
    using _ = bed.skipOperatorPauses();
    Object.assign(process.env, { KASSETTE_E2E_BED: DIRECTORY, CASSANDRA_VERSION: release });
    const title = `Kubernetes with cass-operator ${operator} and Cassandra ${release}`;
    const tallies: Tally[] = [];
    for (const chains of stages) {
      const run = (chain: Chain) => runTests(`${title}: ${chain.join(', ')}`, chain.map(fileOf), 1);
      tallies.push(...(await Promise.all(chains.map(run))));
    }
    return tallies;
  } finally {
    await bed.stop();
  }
}

/** A suite's stages with what was asked for; no stage and no chain is empty. */
function chosen({ operator, stages }: Suite, tier: Tier, parts: readonly string[]) {
  const isAsked = (file: string) => parts.some((part) => `${operator} ${file}`.includes(part));
  return stages[tier]
    .map((chains) => chains.map((chain) => chain.filter(isAsked)).filter((chain) => chain.length > 0))
    .filter((chains) => chains.length > 0);
}

const fileOf = (name: string) => `test/e2e/${name}.test.ts`;
const say = (line: string) => console.log(line);

function tierOf(name = 'commit'): Tier {
  if (name === 'commit' || name === 'all') return name;
  throw new Error(`E2E_TIER=${name}: it is commit or all.`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { all: { type: 'boolean' } } });
  conclude(await runEndToEnd(values.all ? 'all' : undefined));
}

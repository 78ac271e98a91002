import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conclude, runTests, type Tally } from '../suites.ts';
import { type Bed, startBed } from './bed/bed.ts';
import { buildCassandraImage } from './bed/image/cassandra-image.ts';
import { providePackages } from './bed/prerequisites.ts';
import { buildKassetteImage } from './support/kassette/kassette-image.ts';
import { type Chain, chosen, SUITES, type Suite, type Tier, tierOf, titleOf } from './tiers.ts';

/** On a disk, whatever `TMPDIR` says: what a pod writes to a volume in memory would count as its own memory. */
const DIRECTORY = '/tmp/kassette-e2e';

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
  suite: Suite,
  stages: readonly (readonly Chain[])[],
  kassette: string,
): Promise<readonly Tally[]> {
  const { kubernetes, operator, release } = suite;
  const cassandra = await buildCassandraImage(release);
  const where = { directory: DIRECTORY, kubernetes };
  const bed: Bed = await startBed({ ...where, operators: [operator], onProgress: say });
  try {
    const imported = [cassandra, kassette].map((image) => bed.importImage(image));
    await Promise.all([...imported, bed.startOperator(operator)]);
    using _ = bed.skipOperatorPauses();
    Object.assign(process.env, { KASSETTE_E2E_BED: DIRECTORY, CASSANDRA_VERSION: release });
    const title = titleOf(suite);
    const tallies: Tally[] = [];
    for (const chains of stages) {
      const run = (chain: Chain) => runTests(`${title}: ${chain.join(', ')}`, chain.map(fileOf));
      tallies.push(...(await Promise.all(chains.map(run))));
    }
    return tallies;
  } finally {
    await bed.stop();
  }
}

const fileOf = (name: string) => `test/e2e/**/${name}.test.ts`;
const say = (line: string) => console.log(line);

if (import.meta.main) {
  const { values } = parseArgs({ options: { all: { type: 'boolean' } } });
  conclude(await runEndToEnd(values.all ? 'all' : undefined));
}

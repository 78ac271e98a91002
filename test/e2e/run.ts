import { rmSync } from 'node:fs';
import { conclude, runTests, type Tally } from '../suites.ts';
import { startBed } from './bed/bed.ts';
import { buildCassandraImage } from './bed/image/cassandra-image.ts';
import type { OperatorVersion } from './bed/operator.ts';
import { providePackages } from './bed/prerequisites.ts';
import { buildKassetteImage } from './support/kassette-image.ts';

const DIRECTORY = '/tmp/kassette-e2e';

/**
 * Test files by the operator and the Cassandra that they need, those that share a datacenter first; `only` runs those whose
 * name holds one of its parts.
 */
const SUITES = [
  {
    operator: '1.22.4',
    release: '5.0.6',
    files: [
      'packaging',
      'story',
      'rights',
      'faults',
      'tables',
      'clones',
      'kasten',
      'many-datacenters',
      'states',
      'beside',
      'cold',
    ],
  },
  { operator: '1.15.0', release: '4.0.1', files: ['story', 'cold-one-node'] },
] as const satisfies readonly { operator: OperatorVersion; release: string; files: readonly string[] }[];

/** All suites on real Kubernetes, one bed after the other; the logs stay where something failed. */
export async function runEndToEnd(only = process.env['ONLY'] ?? ''): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  const say = (line: string) => console.log(line);
  await providePackages(say);
  const kassette = await buildKassetteImage();
  for (const { operator, release, files } of SUITES) {
    const parts = only.split(',');
    const chosen = files.filter((f) => parts.some((part) => `${operator} ${f}`.includes(part)));
    if (chosen.length === 0) continue;
    const bed = await startBed({ directory: DIRECTORY, onProgress: say });
    try {
      await bed.importImage(await buildCassandraImage(release));
      await bed.importImage(kassette);
      await bed.startOperator(operator);
      Object.assign(process.env, { KASSETTE_E2E_BED: DIRECTORY, CASSANDRA_VERSION: release });
      const title = `Kubernetes with cass-operator ${operator} and Cassandra ${release}`;
      tallies.push(
        await runTests(
          title,
          chosen.map((f) => `test/e2e/${f}.test.ts`),
          1,
        ),
      );
    } finally {
      await bed.stop();
    }
  }
  // Where nothing was chosen the directory is whoever's bed runs there now.
  if (tallies.length === 0) return tallies;
  if (tallies.every((t) => t.failed === 0)) rmSync(DIRECTORY, { recursive: true, force: true });
  else console.log(`The logs of the bed are in ${DIRECTORY}/logs.`);
  return tallies;
}

if (import.meta.main) conclude(await runEndToEnd());

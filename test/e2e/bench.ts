import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { datasetOf, runCase } from '../../bench/case.ts';
import { printTable } from '../../bench/table.ts';
import { mustRunProgram } from '../../lab/cli.ts';
import { load } from '../../lab/dataset/load.ts';
import { afterRestoreResult, beforeBackupResult, recoverResult } from '../../lab/results.ts';
import { startBed } from './bed/bed.ts';
import { buildCassandraImage } from './bed/image/cassandra-image.ts';
import { TestDatacenter } from './support/datacenter.ts';
import { buildKassetteImage, KASSETTE_IMAGE } from './support/kassette/kassette-image.ts';
import { JMX_OPTION, podsPlace } from './support/pods-place.ts';

// `make bench` on three real pods: the conventional procedure with an exec for each command, and kassette from outside.
const RELEASE = '5.0.6';
const TABLES = Number(process.env['BENCH_TABLES'] || 41);
const OPERATOR = '1.22.4';
const bed = await startBed({
  directory: '/tmp/kassette-bench',
  operators: [OPERATOR],
  onProgress: (line) => console.error(line),
});
try {
  await bed.importImage(await buildCassandraImage(RELEASE));
  await bed.importImage(await buildKassetteImage());
  await bed.startOperator(OPERATOR);
  const datacenter = new TestDatacenter(bed, { version: RELEASE }, [JMX_OPTION]);
  await datacenter.create();
  const client = await datacenter.connect();
  await load(client, datasetOf(TABLES), datacenter.storage());
  const { namespace } = datacenter;
  const volumes = await Promise.all(
    (await datacenter.pods()).map((p) => bed.volumes.ofClaim(namespace, p.claim)),
  );
  const target = ['--kubeconfig', bed.kubeconfig, '--namespace', namespace];
  const outcome = await runCase({
    tables: TABLES,
    client,
    place: await podsPlace(datacenter),
    dataDirectories: volumes.map((v) => join(bed.volumes.path(v ?? ''), 'data')),
    kassette: (args, result) => mustRunProgram([...args, ...target], result),
  });
  await client.shutdown();
  printTable(outcome);
  const methods = await warmAndCold(target);
  console.log(
    `the same data restored warm in ${methods.warm.toFixed(1)} s; cold in ${methods.cold.toFixed(1)} s, of which the slowest volume took ${methods.volume.toFixed(1)} s and the rest is cass-operator stopping and starting the nodes`,
  );
  console.log(JSON.stringify({ ...outcome.line, ...methods }));
} finally {
  await bed.stop();
  rmSync('/tmp/kassette-bench', { recursive: true, force: true });
}
process.exit();

/** Seconds of a warm and of a cold restore of one backup each, of data that nobody changes in between. */
async function warmAndCold(target: readonly string[]) {
  await mustRunProgram(['before-backup', ...target], beforeBackupResult);
  const { result: warm } = await mustRunProgram(['after-restore', ...target], afterRestoreResult);
  await mustRunProgram(['before-backup', ...target], beforeBackupResult);
  const args = ['recover', '--timeout', '15m', '--image', KASSETTE_IMAGE, ...target];
  const { result: cold } = await mustRunProgram(args, recoverResult);
  return { warm: warm.seconds, cold: cold.seconds, volume: Math.max(...cold.volumes.map((v) => v.seconds)) };
}

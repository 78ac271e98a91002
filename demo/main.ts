import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from '../lab/cli.ts';
import type { EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { checkLive } from '../lab/dataset/live-check.ts';
import { liveWriter } from '../lab/dataset/writer.ts';
import { connectLab, startLab } from '../lab/lab.ts';
import * as results from '../lab/results.ts';
import { copyVolumes, putVolumesBack } from '../lab/volume-copies.ts';
import { checkAgainst, compare, prepare, startWithTestSchema, VERSION } from './acts.ts';
import { Story } from './story.ts';

const KEEP = Boolean(process.env['KEEP']);
/** Between two nodes' volume snapshots. */
const PAUSE_MS = 700;

const directory = await mkdtemp(join(tmpdir(), 'kassette-demo-'));
const story = new Story();
let cluster: EmbeddedCluster | undefined;
try {
  cluster = await tell();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await end();
}

async function tell(): Promise<EmbeddedCluster> {
  story.title(`Cassandra ${VERSION}, three nodes, in ${directory}`);
  let running = await startWithTestSchema(story, directory);
  cluster = running;
  let client = await connectLab(running);
  const writer = liveWriter(client);
  const before = await prepare(story, client, writer);

  const start = Date.now();
  const backup = await story.step('kassette before-backup', () =>
    mustRun(directory, ['before-backup'], results.beforeBackupResult),
  );
  const end = Date.now();
  story.fact(`backup ${backup.result.tag}, skew ${backup.result.skewMs} ms`);
  const copies = await story.step('copy the volumes, one after the other, while the writer goes on', () =>
    copyVolumes(running, join(directory, 'copies'), PAUSE_MS),
  );
  story.fact(`volume copies ${(copies.skewMs / 1000).toFixed(1)} s apart`);
  await story.step('kassette after-backup', () =>
    mustRun(directory, ['after-backup'], results.afterBackupResult),
  );

  await story.step('destroy the cluster: processes killed, volumes deleted', async () => {
    await writer.stop();
    await client.shutdown();
    await running.kill();
    await Promise.all(running.nodes.map((n) => rm(n.volume, { recursive: true })));
  });
  running = await story.step('put the copied volumes back and start on the dirty data', async () => {
    await putVolumesBack(running, copies.directory);
    return startLab({ directory, version: VERSION });
  });
  client = await connectLab(running);
  const dirty = await checkLive(client, writer.writes(), { start, end });
  story.check(
    dirty.tooNew.length > 0,
    `dirty as restored: ${dirty.tooNew.length} rows are newer than the backup`,
  );

  await story.step('kassette before-restore', () =>
    mustRun(directory, ['before-restore'], results.beforeRestoreResult),
  );
  const restore = await story.step('kassette after-restore', () =>
    mustRun(directory, ['after-restore'], results.afterRestoreResult),
  );
  await compare(story, client, before, await checkAgainst(story, client, writer, { start, end }));
  await client.shutdown();
  summary(backup.result, restore.result);
  return running;
}

function summary(
  backup: { skewMs: number; seconds: number },
  restore: {
    seconds: number;
    clusters: readonly { tables: number; files: number; bytesLinked: number; bytesCopied: number }[];
  },
): void {
  story.table();
  const [c] = restore.clusters;
  console.log(
    [
      `skew ${backup.skewMs} ms`,
      `${c?.tables} tables`,
      `${c?.files} files`,
      `${c?.bytesLinked} bytes linked`,
      `${c?.bytesCopied} bytes copied`,
    ].join(' · '),
  );
  story.conclude();
}

async function end(): Promise<void> {
  if (KEEP && cluster !== undefined) {
    const [node] = cluster.nodes;
    console.log(
      `\nThe cluster goes on: CQL at ${cluster.nodes.map((n) => `${n.address}:${n.cqlPort}`).join(', ')},`,
    );
    console.log(`management API at ${node?.managementUrl}, superuser in ${cluster.file.superuser}`);
    console.log(`  dist/kassette.mjs status --embedded ${directory}`);
    console.log(`  npm run cluster -- down --directory ${directory}    # ends it`);
    process.exit();
  }
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}

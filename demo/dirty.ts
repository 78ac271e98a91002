import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustRun } from '../lab/cli.ts';
import { attach, type EmbeddedCluster } from '../lab/cluster/launcher.ts';
import { startAgent } from '../lab/cluster/start-agent.ts';
import { fillCommitLog, newerComponent, oldestSegment, truncate } from '../lab/damage.ts';
import { liveWriter } from '../lab/dataset/writer.ts';
import { connectLab, storageOf } from '../lab/lab.ts';
import * as results from '../lab/results.ts';
import { copyVolumes, putVolumesBack } from '../lab/volume-copies.ts';
import { checkAgainst, compare, prepare, startWithTestSchema, VERSION } from './acts.ts';
import { Story } from './story.ts';

// Volumes that were copied in the middle of writes, so that Cassandra refuses to start; one command brings the data back.
const PAUSE_MS = 700;
const directory = await mkdtemp(join(tmpdir(), 'kassette-demo-'));
const story = new Story();
let cluster: EmbeddedCluster | undefined;
try {
  await tell();
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await cluster?.kill();
  await rm(directory, { recursive: true, force: true });
  process.exit();
}

async function tell(): Promise<void> {
  story.title(`Cassandra ${VERSION}, three nodes, in ${directory}`);
  const running = await startWithTestSchema(story, directory);
  cluster = running;
  let client = await connectLab(running);
  const writer = liveWriter(client);
  const before = await prepare(story, client, writer);
  const start = Date.now();
  const backup = await story.step('kassette before-backup', () =>
    mustRun(directory, ['before-backup'], results.beforeBackupResult),
  );
  const window = { start, end: Date.now() };
  story.fact(`backup ${backup.result.tag}`);
  const copies = await story.step('copy the volumes in the middle of many writes', async () => {
    await storageOf(running).flush();
    await fillCommitLog(client, 'cass-prd');
    return copyVolumes(running, join(directory, 'copies'), PAUSE_MS);
  });
  await story.step('destroy the cluster: processes killed, volumes deleted', async () => {
    await writer.stop();
    await client.shutdown();
    await running.kill();
    await Promise.all(running.nodes.map((n) => rm(n.volume, { recursive: true })));
  });
  await story.step('put the copied volumes back, a commit log and an SSTable half written', async () => {
    await putVolumesBack(running, copies.directory);
    const [first = '', second = ''] = running.nodes.map((n) => n.volume);
    truncate(oldestSegment(first));
    truncate(newerComponent(second, 'live/events', 'Statistics.db'));
  });
  story.check(await refusesToStart(), 'Cassandra refuses to start on two of three nodes');

  const { run, result } = await story.step('kassette after-restore', () =>
    mustRun(directory, ['after-restore'], results.afterRestoreResult),
  );
  for (const line of run.stderr.split('\n').filter((l) => l.includes('does not start'))) story.fact(line);
  story.check(result.method === 'cold', 'it saw why, stopped the nodes, and restored the volumes cold');
  client = await connectLab(running);
  await compare(story, client, before, await checkAgainst(story, client, writer, window));
  await client.shutdown();
  story.table();
  story.conclude();
}

/** Start all nodes; tell why those that end have ended. */
async function refusesToStart(): Promise<boolean> {
  return story.step('start the nodes', async () => {
    const nodes = attach(directory);
    for (const { name } of nodes.nodes) startAgent(directory, name, true);
    while (nodes.processes().some((p) => p.agent === undefined)) await sleep(100);
    const [first, second, ...others] = nodes.nodes.map((n) => n.name);
    // It comes up, and sees the others when they do.
    for (const name of others) nodes.startNodes(name).catch(() => {});
    const starts = [first ?? '', second ?? ''].map((name) =>
      nodes.startNodes(name).then(
        () => false,
        (error: Error) => error.message.includes('Cassandra ended while starting'),
      ),
    );
    return (await Promise.all(starts)).every(Boolean);
  });
}

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type ClusterFile,
  type ClusterNode,
  readClusterFile,
} from '../../src/adapters/embedded/cluster-file.ts';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import { ManagementCalls } from '../../src/adapters/embedded/nodes/management-call.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import { type NodeProcesses, nodeProcesses } from '../../src/adapters/embedded/nodes/processes.ts';
import { makeClassArchive } from '../cassandra/class-archive.ts';
import { defaultConfiguration } from '../cassandra/configurations.ts';
import { prepareDistribution } from '../cassandra/distribution.ts';
import { type BringUp, bringUp, type Progress, startAll } from './bring-up.ts';
import { killProcesses, stopProcesses } from './end-processes.ts';
import { type ClusterShape, writeLayout } from './layout.ts';
import { readNodeFile } from './node-file.ts';
import { startAgent } from './start-agent.ts';
import { publishWait } from './starts.ts';

export interface StartOptions extends Partial<Omit<ClusterShape, 'directory'>> {
  /** Holds everything; volumes that are there are started on, not emptied. */
  readonly directory: string;
  /** Whether the cluster outlives this process; true by default. */
  readonly detached?: boolean;
  /** Milliseconds for everything after the downloads; 180 s by default. */
  readonly timeoutMs?: number;
  readonly onProgress?: Progress;
}

/** A real Cassandra cluster on loopback addresses, each node behind its management API stand-in. */
export interface EmbeddedCluster {
  readonly directory: string;
  readonly file: ClusterFile;
  readonly nodes: readonly ClusterNode[];
  processes(): readonly (NodeProcesses & { readonly name: string })[];
  /** Ends everything gracefully; Cassandra drains. */
  stop(): Promise<void>;
  /** SIGKILL to everything at once. */
  kill(): Promise<void>;
  /** Starts these nodes' Cassandras, their stand-ins running, and waits until all nodes are ready and see each other. */
  startNodes(...names: readonly string[]): Promise<void>;
  /** Stops one node's Cassandra; its stand-in goes on. */
  stopNode(name: string): Promise<void>;
}

export const DEFAULT_SHAPE = {
  version: '5.0.6',
  subnet: '127.0.0',
  nodes: 3,
  joining: 0,
  tls: false,
  cluster: 'dse',
  datacenter: 'cass-prd',
  rack: 'default',
  dataDirectories: 1,
  memory: 512,
  settings: {},
  jvmOptions: [],
  callLimitMs: 30_000,
  archive: false,
} as const;

const PATIENCE_MS = 180_000;

/** Starts the cluster of a directory, or what of it does not run, and returns when all of it is ready. */
export function startCluster(options: StartOptions): Promise<EmbeddedCluster> {
  return publishWait(() => start(options));
}

async function start(options: StartOptions): Promise<EmbeddedCluster> {
  const { detached = true, timeoutMs = PATIENCE_MS, onProgress = () => {}, ...given } = options;
  const shape = shapeOf(given);
  onProgress(`preparing Cassandra ${shape.version}`);
  const distribution = await prepareDistribution(shape.version);
  const cluster = await writeLayout(shape, distribution);
  onProgress(`starting ${shape.nodes} nodes`);
  for (const { name } of nodesOf(cluster)) {
    if (nodeProcesses(shape.directory, name).agent === undefined) startAgent(shape.directory, name, detached);
  }
  try {
    await withCalls(shape.directory, cluster, timeoutMs, onProgress, (run) => bringUp(run, shape.joining));
  } catch (error) {
    // Half a cluster would hold its addresses against the next try.
    await attach(shape.directory).kill();
    throw error;
  }
  await archiveClasses(shape.directory, nodesOf(cluster), onProgress);
  return attach(shape.directory);
}

/** After the first start of a release on a machine: those that follow take less time. */
async function archiveClasses(
  directory: string,
  [node]: readonly ClusterNode[],
  onProgress: Progress,
): Promise<void> {
  if (node === undefined) return;
  const { classSharing, java, libraries } = readNodeFile(nodePlaces(directory, node.name).nodeFile).cassandra;
  if (classSharing === undefined || existsSync(classSharing.archive) || !existsSync(classSharing.list))
    return;
  onProgress('archiving the classes of this release, once a machine');
  // The cluster is there: it needs no archive.
  await makeClassArchive(java, libraries, classSharing).catch((error: Error) => onProgress(error.message));
}

function shapeOf(given: Omit<StartOptions, 'detached' | 'timeoutMs' | 'onProgress'>): ClusterShape {
  const configuration = defaultConfiguration(given.version ?? DEFAULT_SHAPE.version);
  return { ...DEFAULT_SHAPE, configuration, ...given, directory: resolve(given.directory) };
}

/** The cluster of a directory, running or not. */
export function attach(directory: string): EmbeddedCluster {
  const home = resolve(directory);
  const file = readClusterFile(home);
  const nodes = nodesOf(file);
  const names = nodes.map((node) => node.name);
  const find = (name: string): ClusterNode => {
    const node = nodes.find((one) => one.name === name);
    if (node === undefined) throw new LauncherError(`No node ${name}.`, `There are ${names.join(', ')}.`);
    return node;
  };
  return {
    directory: home,
    file,
    nodes,
    processes: () => names.map((name) => ({ name, ...nodeProcesses(home, name) })),
    stop: () => stopProcesses(home, names),
    kill: () => killProcesses(home, names),
    startNodes: (...started) =>
      publishWait(() =>
        withCalls(
          home,
          file,
          PATIENCE_MS,
          () => {},
          (run) => startAll(run, started.map(find)),
        ),
      ),
    stopNode: (name) =>
      withCalls(
        home,
        file,
        PATIENCE_MS,
        () => {},
        async (run) => {
          await run.calls.demand(find(name), 'POST', '/api/v0/lifecycle/stop');
        },
      ),
  };
}

function nodesOf(cluster: ClusterFile): readonly ClusterNode[] {
  return cluster.datacenters.flatMap((datacenter) => datacenter.nodes);
}

async function withCalls(
  directory: string,
  cluster: ClusterFile,
  timeoutMs: number,
  progress: Progress,
  work: (run: BringUp) => Promise<void>,
): Promise<void> {
  const calls = new ManagementCalls(cluster);
  const deadline = Date.now() + timeoutMs;
  try {
    await work({ directory, cluster, nodes: nodesOf(cluster), calls, deadline, progress });
  } finally {
    await calls.close();
  }
}

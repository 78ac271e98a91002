import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import { coldArguments, parseColdAnswer } from '../../domain/restore/cold-result.ts';
import type { Recovery } from '../../ports/platform/recovery.ts';
import { readClusterFile } from './cluster-file.ts';
import { readColdMark, removeColdMark, writeColdMark } from './cold-mark.ts';
import { ManagementCalls } from './nodes/management-call.ts';
import { nodePlaces } from './nodes/node-places.ts';
import { nodeProcesses } from './nodes/processes.ts';

/** What of a log is read: a start writes far less. */
const LOG_BYTES = 256 * 1024;

/**
 * Stops and starts the nodes of an embedded cluster through their stand-ins, and restores their volumes by `program`, which
 * is this one: a process of its own for each, as a Job is on Kubernetes. Empty where the executable needs no program.
 */
export function embeddedRecovery(directory: string, program: string): Recovery {
  const runs = (node: Node) => nodeProcesses(directory, node.name).cassandra !== undefined;
  const requestAll = async (datacenter: Datacenter, verb: 'start' | 'stop') => {
    const calls = new ManagementCalls(readClusterFile(directory));
    try {
      await Promise.all(
        datacenter.nodes.map(({ name, managementUrl }) =>
          calls.demand({ name, managementUrl }, 'POST', `/api/v0/lifecycle/${verb}`),
        ),
      );
    } finally {
      await calls.close();
    }
  };
  /** Nothing changes what nodes it has. */
  const unknown = { revision: null, noted: null, racks: null, release: null, by: null } as const;
  const asked: Recovery['asked'] = async ({ name, nodes }) => ({
    ...unknown,
    datacenter: name,
    // Nothing else distinguishes a stopped node from one that has ended: the cluster is there to run.
    stopped: readColdMark(directory, name, nodes) !== undefined && !nodes.some(runs),
  });
  return {
    asked,
    // A process like this one needs nothing that this one does not have.
    rehearse: async () => {},
    async stop(datacenter, stage, confirm) {
      await confirm(await asked(datacenter));
      writeColdMark(directory, datacenter.name, stage);
      await requestAll(datacenter, 'stop');
    },
    async start(datacenter, _end, confirm) {
      await confirm(await asked(datacenter));
      await requestAll(datacenter, 'start');
      removeColdMark(directory, datacenter.name);
    },
    users: async ({ nodes }) => nodes.filter(runs).map((n) => n.name),
    async volumes(of) {
      const file = readClusterFile(directory);
      const all = file.datacenters.flatMap(({ name: datacenter, nodes }) =>
        nodes.map((n) => ({
          ...{ name: n.volume, cluster: file.cluster, datacenter, node: n.name },
          ...{ place: null, uid: null },
        })),
      );
      return all.filter((v) => ('names' in of ? of.names.includes(v.node) : v.datacenter === of.datacenter));
    },
    async clean(volume, options, report) {
      const expected = ['--expect-cluster', volume.cluster ?? '', '--expect-node', volume.node ?? ''];
      const args = ['--path', volume.name, ...expected, ...coldArguments(options), '--output', 'json'];
      const child = spawn(process.execPath, [...(program === '' ? [] : [program]), 'clean-volume', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
        signal: options.signal,
      });
      const lines = createInterface({ input: child.stderr });
      lines.on('line', (line) => report(line.replace(/^\S+Z /, '')));
      return parseColdAnswer(volume.name, await text(child.stdout));
    },
    log: ({ name }) => endOf(join(nodePlaces(directory, name).logs, 'system.log')),
  };
}

async function endOf(path: string): Promise<string> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const from = Math.max(0, size - LOG_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
      return buffer.subarray(0, bytesRead).toString();
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

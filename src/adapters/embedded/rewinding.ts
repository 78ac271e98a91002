import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { REPLAY_LOG } from '../../domain/rewind/journal.ts';
import { parseReplayReport, type ReplayReport } from '../../domain/rewind/replay-report.ts';
import { restorePoint } from '../../domain/rewind/target.ts';
import type { ReplayPass, Rewinding } from '../../ports/platform/rewinding.ts';
import { readClusterFile } from './cluster-file.ts';
import { ManagementCalls } from './nodes/management-call.ts';
import { nodeProcesses } from './nodes/processes.ts';

const POLL_MS = 200;
const PATH = '/lab/v0/replay';

/** Nodes of an embedded cluster replay through their stand-ins, whose volumes are directories of this machine. */
export function embeddedRewinding(directory: string, volumeOf: Rewinding['volume']): Rewinding {
  return {
    volume: volumeOf,
    async replay(node, pass, { signal }) {
      const calls = new ManagementCalls(readClusterFile(directory));
      try {
        // What a killed run has started is at work on what is made again now.
        if (runs(directory, node)) await calls.demand(node, 'POST', '/api/v0/lifecycle/stop');
        await calls.demand(node, 'POST', PATH, requestOf(node, pass));
        while (runs(directory, node)) {
          if (signal.aborted) await calls.demand(node, 'POST', '/api/v0/lifecycle/stop');
          signal.throwIfAborted();
          await pause(POLL_MS);
        }
        return reported(node, await calls.send(node, 'GET', PATH));
      } finally {
        await calls.close();
      }
    },
  };
}

const runs = (directory: string, { name }: Node) => nodeProcesses(directory, name).cassandra !== undefined;

function requestOf({ volume }: Node, { pass, target, segments, leftOut }: ReplayPass) {
  return {
    pass,
    to: restorePoint(target),
    microseconds: String(BigInt(target.getTime()) * 1000n),
    log: join(volume, REPLAY_LOG),
    skip: leftOut,
    segments: segments.map((s) => ({ path: join(volume, s.path), last: s.last })),
  };
}

function reported({ name }: Node, { status, body }: { status: number; body: string }): ReplayReport {
  if (status === 200) return parseReplayReport(JSON.parse(body));
  throw new KassetteError(
    'REPLAY_FAILED',
    `${name} could not replay its commit log: ${body.replaceAll(/\s+/g, ' ').trim() || 'it ended without saying why'}.`,
    hint`The state before the rewind is kept. Look into console.log and replay.log of the node; ${kassette('rewind', '--undo')} brings that state back.`,
  );
}

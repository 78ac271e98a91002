import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  type ClusterFile,
  type ClusterNode,
  readSuperuser,
} from '../../src/adapters/embedded/cluster-file.ts';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import type { ManagementCalls } from '../../src/adapters/embedded/nodes/management-call.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';

export type Progress = (message: string) => void;

const POLL_MS = 100;
/** Each question takes processor time from the starts that it asks for. */
const READY_POLL_MS = 250;
/** The keyspaces whose replication cass-operator raises. */
const REPLICATED = ['system_auth', 'system_distributed', 'system_traces'] as const;

/** One bring-up of a cluster: what its steps share. */
export interface BringUp {
  readonly directory: string;
  readonly cluster: ClusterFile;
  readonly nodes: readonly ClusterNode[];
  readonly calls: ManagementCalls;
  /** Moment, in milliseconds since the epoch, at which waiting ends. */
  readonly deadline: number;
  readonly progress: Progress;
}

/**
 * From running stand-ins to a cluster that lets its superuser in; every step may be repeated.
 * @param joining so many nodes, the last ones, find a ring that is whole: one that joins while others start knows too few
 *   to take all of its rows from
 */
export async function bringUp(run: BringUp, joining: number): Promise<void> {
  await Promise.all(run.nodes.map((node) => awaitAgent(run, node)));
  const founders = run.nodes.slice(0, run.nodes.length - joining);
  await startAll({ ...run, nodes: founders }, founders);
  for (const [i, node] of run.nodes.entries()) {
    if (i >= founders.length) await startAll({ ...run, nodes: run.nodes.slice(0, i + 1) }, [node]);
  }
  await replicateSystemKeyspaces(run);
  await createSuperuser(run);
}

/** Starts some of a run's nodes, and waits until they are ready and all of the run's see each other. */
export async function startAll(run: BringUp, started: readonly ClusterNode[]): Promise<void> {
  await Promise.all(started.map((node) => run.calls.demand(node, 'POST', '/api/v0/lifecycle/start')));
  await Promise.all(started.map((node) => awaitReady(run, node)));
  await awaitOneRing(run);
}

async function awaitAgent(run: BringUp, node: ClusterNode): Promise<void> {
  await until(run, `${node.name}'s management API`, async () => {
    const reply = await run.calls.trySend(node, 'GET', '/api/v0/lifecycle/pid');
    return reply !== undefined;
  });
}

/** Readiness; a Cassandra that has ended meanwhile is reported at once with the end of its log. */
async function awaitReady(run: BringUp, node: ClusterNode): Promise<void> {
  await until(
    run,
    `${node.name} to become ready`,
    async () => {
      const reply = await run.calls.trySend(node, 'GET', '/api/v0/probes/readiness');
      if (reply?.status === 200) return true;
      const pid = await run.calls.trySend(node, 'GET', '/api/v0/lifecycle/pid');
      if (pid?.status === 204) throw ended(run, node);
      return false;
    },
    READY_POLL_MS,
  );
  run.progress(`${node.name} is ready`);
}

function ended(run: BringUp, node: ClusterNode): LauncherError {
  const { logs } = nodePlaces(run.directory, node.name);
  const tail = ['console.log', 'system.log'].map((file) => lastLines(join(logs, file))).join('\n');
  return new LauncherError(`${node.name}: Cassandra ended while starting.\n${tail}`, `See ${logs}.`);
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
  } catch {
    return '';
  }
}

/** Every node sees every node alive and no longer joining, and all have one schema version. */
async function awaitOneRing(run: BringUp): Promise<void> {
  const state = {
    IS_ALIVE: z.string(),
    STATUS: z.string().optional(),
    STATUS_WITH_PORT: z.string().optional(),
  };
  const states = z.object({ entity: z.array(z.object(state)) });
  await until(run, 'the nodes to see each other', async () => {
    const views = await Promise.all(
      run.nodes.map((node) => run.calls.demand(node, 'GET', '/api/v0/metadata/endpoints')),
    );
    return views.every((view) => {
      const seen = states.parse(JSON.parse(view)).entity.filter((s) => {
        const status = s.STATUS_WITH_PORT ?? s.STATUS ?? '';
        return s.IS_ALIVE === 'true' && status.startsWith('NORMAL');
      });
      return seen.length >= run.nodes.length;
    });
  });
  await awaitAgreement(run);
}

async function awaitAgreement(run: BringUp): Promise<void> {
  await until(run, 'one schema version', async () => {
    const versions = await Promise.all(
      run.nodes.map((node) => run.calls.demand(node, 'GET', '/api/v1/ops/node/schema/versions')),
    );
    return versions.every((one) => Object.keys(JSON.parse(one)).length === 1);
  });
}

async function replicateSystemKeyspaces(run: BringUp): Promise<void> {
  const [first] = run.nodes;
  const datacenter = run.cluster.datacenters[0]?.name ?? '';
  if (first === undefined) return;
  const factor = Math.min(3, run.nodes.length);
  for (const keyspace of REPLICATED) {
    const path = `/api/v0/ops/keyspace/replication?keyspaceName=${keyspace}`;
    const current = JSON.parse(await run.calls.demand(first, 'GET', path));
    if (current[datacenter] === String(factor)) continue;
    const body = {
      keyspace_name: keyspace,
      replication_settings: [{ dc_name: datacenter, replication_factor: factor }],
    };
    // Refused as long as the coordinator takes some node for one that is joining, which a busy machine makes last.
    await until(run, `the replication of ${keyspace}`, async () => {
      const reply = await run.calls.send(first, 'POST', '/api/v0/ops/keyspace/alter', body);
      return reply.status === 200;
    });
  }
  await awaitAgreement(run);
}

/** The call that cass-operator makes; where the role is there already its password is set again. */
async function createSuperuser(run: BringUp): Promise<void> {
  const [first] = run.nodes;
  if (first === undefined) return;
  const { username, password } = readSuperuser(run.cluster);
  const query = new URLSearchParams({ username, is_superuser: 'true', can_login: 'true', password });
  await run.calls.demand(first, 'POST', `/api/v0/ops/auth/role?${query}`);
}

async function until(
  run: BringUp,
  what: string,
  condition: () => Promise<boolean>,
  pollMs = POLL_MS,
): Promise<void> {
  while (!(await condition())) {
    if (Date.now() > run.deadline) {
      throw new LauncherError(`Gave up waiting for ${what}.`, `See the logs under ${run.directory}/nodes.`);
    }
    await pause(pollMs);
  }
}

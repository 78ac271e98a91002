import type { Node, RingMember } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { NodeControl, Outcome } from '../../ports/node-control.ts';
import { until } from '../../ports/until.ts';
import { endpoints, features, job, schemaVersions } from './answers.ts';
import { gaveUp, notRunning, type Operation, refused, unreadable } from './failures.ts';
import { type IdentityOf, type Request, Transport } from './transport.ts';

export type { IdentityOf } from './transport.ts';

export interface ManagementApiOptions {
  /** Where the management APIs ask for client certificates. */
  readonly identityOf?: IdentityOf;
  /** Limit of one operation in milliseconds, which may take many answers; 5 minutes by default: a big node snapshots for long. */
  readonly timeoutMs?: number;
  /** Limit of one answer; a minute by default. */
  readonly answerMs?: number;
}

const DEFAULT_TIMEOUT_MS = 5 * 60_000;
const READINESS_TIMEOUT_MS = 10_000;
const JOB_POLLS = { first: 20, slowest: 500 };
const REPEAT_PAUSE_MS = 200;

/** Node operations over the Management API for Apache Cassandra; `close` gives up its kept connections. */
export function managementApi(options: ManagementApiOptions = {}): NodeControl & { close(): Promise<void> } {
  const transport = new Transport(
    options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    options.identityOf,
    options.answerMs,
  );
  return {
    isReady: (node) => isReady(transport, node),
    endpoints: (node) => ring(transport, node),
    schemaVersions: async (node) =>
      new Map(Object.entries(await transport.read(node, SCHEMA, schemaVersions))),
    flush: (node) => flush(transport, node),
    takeSnapshot: (node, tag) => outcome(transport, node, takeRequest(tag)),
    clearSnapshot: (node, tag) => outcome(transport, node, clearRequest(tag)),
    refresh: (node, keyspace, table) => outcome(transport, node, refreshRequest(keyspace, table)),
    cleanUp: (node, keyspace, tables) => cleanUp(transport, node, keyspace, tables),
    truncateHints: (node) => untilOk(transport, node, HINTS),
    close: () => transport.close(),
  };
}

const READY: Request = {
  operation: 'readiness',
  method: 'GET',
  path: '/api/v0/probes/readiness',
  repeatable: true,
  timeoutMs: READINESS_TIMEOUT_MS,
};

const ENDPOINTS: Request = {
  operation: 'endpoints',
  method: 'GET',
  path: '/api/v0/metadata/endpoints',
  repeatable: true,
};

const SCHEMA: Request = {
  operation: 'schema versions',
  method: 'GET',
  path: '/api/v1/ops/node/schema/versions',
  repeatable: true,
};

const FEATURES: Request = {
  operation: 'features',
  method: 'GET',
  path: '/api/v0/metadata/versions/features',
  repeatable: true,
};

const HINTS: Request = {
  operation: 'hint truncation',
  method: 'POST',
  path: '/api/v0/ops/node/hints/truncate',
  repeatable: true,
};

const SNAPSHOTS = '/api/v0/ops/node/snapshots';

/** Only the tag: without keyspaces the node takes all of them. */
function takeRequest(tag: string): Request {
  const body = { snapshot_name: tag };
  return {
    operation: 'snapshot',
    method: 'POST',
    path: SNAPSHOTS,
    body,
    subject: ` ${tag}`,
    repeatable: false,
  };
}

function clearRequest(tag: string): Request {
  const path = `${SNAPSHOTS}?${new URLSearchParams({ snapshotNames: tag })}`;
  return { operation: 'snapshot removal', method: 'DELETE', path, subject: ` of ${tag}`, repeatable: true };
}

function refreshRequest(keyspace: string, table: string): Request {
  const path = `/api/v0/ops/keyspace/refresh?${new URLSearchParams({ keyspaceName: keyspace, table })}`;
  const subject = ` of ${keyspace}.${table}`;
  return { operation: 'refresh', method: 'POST', path, subject, repeatable: true };
}

/** Done, or given up by the management API while the node goes on. */
async function outcome(transport: Transport, node: Node, request: Request): Promise<Outcome> {
  const reply = await transport.send(node, request);
  if (gaveUp(reply)) return 'underway';
  expectOk(node, request, transport.accept(node, request, reply));
  return 'done';
}

function expectOk(node: Node, request: Request, body: string): void {
  if (body.trim() !== 'OK') throw unreadable(node, request.operation, body.slice(0, 200));
}

/**
 * What may be done twice is asked for again as long as the management API gives up before the node has ended it; there is no
 * other way to learn the end.
 */
async function untilOk(transport: Transport, node: Node, request: Request): Promise<void> {
  expectOk(node, request, await untilAnswered(transport, node, request));
}

async function untilAnswered(transport: Transport, node: Node, request: Request): Promise<string> {
  const look = async () => {
    const reply = await transport.send(node, request);
    return gaveUp(reply) ? null : { found: transport.accept(node, request, reply) };
  };
  const late = () => tookTooLong(transport, node, request.operation);
  // A connection that is lost again at once is not to be hammered.
  return until(look, { every: REPEAT_PAUSE_MS, within: transport.timeoutMs, late });
}

async function isReady(transport: Transport, node: Node): Promise<boolean> {
  try {
    return (await transport.send(node, READY)).status === 200;
  } catch (error) {
    if (error instanceof KassetteError && error.code === 'NODE_DOWN') return false;
    throw error;
  }
}

async function ring(transport: Transport, node: Node): Promise<readonly RingMember[]> {
  return (await transport.read(node, ENDPOINTS, endpoints)).entity;
}

/** Without a keyspace all are meant: at v1 `ALL` would be taken for the name of one. */
function flush(transport: Transport, node: Node): Promise<void> {
  const request = {
    operation: 'flush',
    method: 'POST',
    path: '/ops/tables/flush',
    body: {},
    repeatable: true,
  } as const;
  return runLong(transport, node, 'async_flush_task', request);
}

function cleanUp(
  transport: Transport,
  node: Node,
  keyspace: string,
  tables: readonly string[],
): Promise<void> {
  const request = {
    operation: 'cleanup',
    method: 'POST',
    path: '/ops/keyspace/cleanup',
    body: { keyspace_name: keyspace, tables, jobs: 0 },
    subject: ` of ${keyspace}`,
    repeatable: true,
  } as const;
  return runLong(transport, node, 'async_sstable_tasks', request);
}

/**
 * As a job where the node has those: a long operation then needs no long request. Some of v0 answer with the id of a job, too,
 * others with `OK`. The path is without its version.
 */
async function runLong(transport: Transport, node: Node, feature: string, request: Request): Promise<void> {
  const asynchronous = await hasFeature(transport, node, feature);
  const whole = { ...request, path: `/api/${asynchronous ? 'v1' : 'v0'}${request.path}` };
  const answer = (await untilAnswered(transport, node, whole)).trim();
  if (answer === 'OK') return;
  if (!JOB_ID.test(answer)) throw unreadable(node, request.operation, answer.slice(0, 200));
  await awaitJob(transport, node, request.operation, answer);
}

const JOB_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Releases of the API from before the list of features have none of them. */
async function hasFeature(transport: Transport, node: Node, feature: string): Promise<boolean> {
  const { status, body } = await transport.send(node, FEATURES);
  if (status === 404) return false;
  if (status !== 200) throw refused(node, 'features', status, body);
  try {
    return features.parse(JSON.parse(body)).features.includes(feature);
  } catch (error) {
    throw unreadable(node, 'features', error);
  }
}

async function awaitJob(transport: Transport, node: Node, operation: Operation, id: string): Promise<void> {
  const path = `/api/v0/ops/executor/job?${new URLSearchParams({ job_id: id })}`;
  const request = { operation: 'job status', method: 'GET', path, repeatable: true } as const;
  const look = async () => {
    const { status, error } = await readJob(transport, node, operation, request);
    if (status === 'ERROR') throw refused(node, operation, 500, error ?? 'the job failed');
    return status === 'COMPLETED' ? { found: true } : null;
  };
  const late = () => tookTooLong(transport, node, operation);
  await until(look, { every: JOB_POLLS, within: transport.timeoutMs, late });
}

function tookTooLong({ timeoutMs }: Transport, node: Node, operation: Operation): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `${node.name}: the ${operation} did not end within ${timeoutMs / 1000} s.`,
    `Look for a slow or full disk on ${node.name}, or allow more time with \`--timeout\`.`,
  );
}

/** A job that nobody knows any more was lost with a restart of the node. */
async function readJob(transport: Transport, node: Node, operation: Operation, request: Request) {
  const { status, body } = await transport.send(node, request);
  if (status === 404) throw notRunning(node, operation);
  if (status !== 200) throw refused(node, 'job status', status, body);
  try {
    return job.parse(JSON.parse(body));
  } catch (error) {
    throw unreadable(node, 'job status', error);
  }
}

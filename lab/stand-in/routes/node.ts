import { entity, OK, text } from '../answer.ts';
import { OperationFailed, STORAGE } from '../cassandra/jmx.ts';
import { startJob } from '../jobs.ts';
import type { Call, Route } from '../route.ts';

export const NODE_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/api/v0/ops/node/drain', produces: 'text', operation: 'drain', handle: drain },
  {
    method: 'POST',
    path: '/api/v0/ops/node/hints/truncate',
    produces: 'text',
    operation: 'truncateAllHints',
    handle: truncateHints,
  },
  // By it cass-operator carries out a CassandraTask. Source: the management API's v1/NodeOpsResources.java.
  {
    method: 'POST',
    path: '/api/v1/ops/node/rebuild',
    produces: 'text',
    operation: 'rebuild',
    handle: rebuild,
  },
  {
    method: 'GET',
    path: '/api/v0/ops/node/streaminfo',
    produces: 'json',
    operation: 'getStreamInfo',
    handle: streams,
  },
  {
    method: 'GET',
    path: '/api/v0/ops/node/fullquerylogging',
    produces: 'json',
    operation: 'isFullQueryLogEnabled',
    handle: fullQueryLogging,
  },
];

const HINTS = 'org.apache.cassandra.hints:type=HintsService';
const STREAMS = 'org.apache.cassandra.net:type=StreamManager';

async function drain({ connection }: Call) {
  await (await connection.jmx()).callWithoutLimit(STORAGE, 'drain');
  return OK;
}

async function truncateHints({ connection, query }: Call) {
  const jmx = await connection.jmx();
  const host = query.get('host') ?? '';
  if (host === '') await jmx.call(HINTS, 'deleteAllHints');
  else await jmx.call(HINTS, 'deleteAllHintsForEndpoint', [host]).catch(failedFor('truncateHintsForHost'));
  return OK;
}

/** A failure under the name that the management API has for this variant. */
function failedFor(operation: string) {
  return (error: unknown): never => {
    throw error instanceof OperationFailed ? new OperationFailed(error.message, operation) : error;
  };
}

/** Streams what this node owns from another datacenter, any without `src_dc`. */
async function rebuild({ connection, query }: Call) {
  const jmx = await connection.jmx();
  const source = query.get('src_dc');
  const work = () => jmx.callWithoutLimit(STORAGE, 'rebuild(java.lang.String)', [source]);
  return text(startJob('rebuild', work).id, 202);
}

async function streams({ connection }: Call) {
  return entity(await (await connection.jmx()).read(STREAMS, 'CurrentStreams'));
}

async function fullQueryLogging({ connection }: Call) {
  return entity((await (await connection.jmx()).read(STORAGE, 'FullQueryLogEnabled')) === true);
}

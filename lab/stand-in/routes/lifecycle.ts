import { empty, OK, text } from '../answer.ts';
import type { Call, Route } from '../route.ts';

export const LIFECYCLE_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/api/v0/probes/liveness', produces: 'text', operation: '', handle: liveness },
  { method: 'GET', path: '/api/v0/probes/readiness', produces: 'text', operation: '', handle: readiness },
  { method: 'POST', path: '/api/v0/lifecycle/start', produces: 'text', operation: '', handle: start },
  { method: 'POST', path: '/api/v0/lifecycle/stop', produces: 'text', operation: '', handle: stop },
  { method: 'GET', path: '/api/v0/lifecycle/pid', produces: 'text', operation: '', handle: pid },
];

/** Dead only when Cassandra was to run and does not: then the pod is to be restarted. */
async function liveness({ connection }: Call) {
  const lost = connection.wanted === 'started' && connection.process.pid === undefined;
  return lost ? empty(500) : OK;
}

async function readiness({ connection }: Call) {
  await connection.jmx();
  return OK;
}

async function start({ connection, query }: Call) {
  if (connection.process.pid !== undefined) return empty((await connection.isConnected()) ? 202 : 204);
  connection.forget();
  const replaced = query.get('replace_ip');
  connection.process.start(replaced === null ? [] : [`-Dcassandra.replace_address_first_boot=${replaced}`]);
  connection.wanted = 'started';
  return text('OK\n', 201);
}

async function stop({ connection }: Call) {
  connection.wanted = 'stopped';
  const stopped = await connection.process.stop();
  connection.forget();
  return stopped ? text('OK\n') : text('Killing Cassandra Failed', 500);
}

async function pid({ connection }: Call) {
  const number = connection.process.pid;
  return number === undefined ? empty(204) : text(String(number));
}

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { ZodError } from 'zod';
import type { NodeFile } from '../cluster/node-file.ts';
import { type Answer, badRequest, empty, JSON_TYPE, TEXT } from './answer.ts';
import { GaveUp, NotConnected, OperationFailed } from './cassandra/jmx.ts';
import type { Connection } from './connection.ts';
import { RequestLog } from './request-log.ts';
import type { Call, Route } from './route.ts';
import { findRoute, isOtherMethod } from './routes.ts';

const LARGEST_BODY = 1024 * 1024;

/** The node's management API. `connection` is what stands between it and Cassandra. */
export function managementServer(node: NodeFile, connection: Connection): Server {
  const log = new RequestLog(node.logs);
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, connection, log).then(
      (result) => send(response, result),
      (error: unknown) => {
        console.error(`${request.method} ${pathOf(request)}:`, error);
        send(response, empty(500));
      },
    );
  };
  const server = node.management.tls === undefined ? createServer(listener) : tlsServer(node, listener);
  // Clients keep connections for a while between calls; the default of 5 s would cut them under a waiting client.
  server.keepAliveTimeout = 75_000;
  return server;
}

function tlsServer(node: NodeFile, listener: (request: IncomingMessage, response: ServerResponse) => void) {
  const { ca, cert, key } = node.management.tls ?? { ca: '', cert: '', key: '' };
  return createTlsServer(
    {
      ca: readFileSync(ca),
      cert: readFileSync(cert),
      key: readFileSync(key),
      requestCert: true,
      rejectUnauthorized: true,
    },
    listener,
  );
}

async function answer(request: IncomingMessage, connection: Connection, log: RequestLog): Promise<Answer> {
  const body = await readBody(request);
  const url = new URL(request.url ?? '/', 'http://node');
  const method = request.method ?? 'GET';
  if (url.pathname.startsWith('/api/')) log.note(method, url, body);
  const route = findRoute(method, url.pathname);
  if (route === undefined) return empty(isOtherMethod(url.pathname) ? 405 : 404);
  const call: Call = { connection, query: url.searchParams, body: () => parseBody(body) };
  try {
    return await route.handle(call);
  } catch (error) {
    return failure(route, error);
  }
}

function failure(route: Route, error: unknown): Answer {
  if (error instanceof ZodError || error instanceof SyntaxError) {
    return badRequest('Not able to deserialize data provided.');
  }
  const type = route.produces === 'json' ? JSON_TYPE : TEXT;
  const failed = (body: string) => ({ status: 500, type, body });
  if (error instanceof NotConnected) return failed('Internal connection to Cassandra closed');
  if (error instanceof GaveUp) {
    console.error(`NodeOps.${route.operation} gave up: ${error.message}`);
    return failed(error.message);
  }
  if (error instanceof OperationFailed) {
    console.error(`NodeOps.${route.operation} failed: ${error.message}`);
    return failed(`Failed to execute method NodeOps.${error.operation ?? route.operation}`);
  }
  throw error;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) throw new RangeError('The request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseBody(body: string): unknown {
  return body.trim() === '' ? {} : JSON.parse(body);
}

/** Without the query: it may hold a password. */
function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

function send(response: ServerResponse, result: Answer): void {
  const type = result.type === null ? {} : { 'content-type': result.type };
  response.writeHead(result.status, { ...type, 'content-length': Buffer.byteLength(result.body) });
  response.end(result.body);
}

import type { Node } from '../../domain/cluster/topology.ts';
import { likelyCause } from '../../domain/cluster/unreached.ts';
import { KassetteError } from '../../domain/errors.ts';

/** What kassette asks of a node; the names appear in messages. */
export type Operation =
  | 'readiness'
  | 'endpoints'
  | 'schema versions'
  | 'features'
  | 'flush'
  | 'job status'
  | 'snapshot'
  | 'snapshot removal'
  | 'refresh'
  | 'cleanup'
  | 'hint truncation';

const NOT_RUNNING = 'Internal connection to Cassandra closed';

/** The server's own limit for a call to the node (30 s, all but drain), after which the node goes on by itself. */
const GAVE_UP = /^Query timed out after PT/;
/** All that the API says where an operation throws in the node. */
const NO_CAUSE = /^Failed to execute method /;

/** The server has no connection to Cassandra at the moment, and makes a new one every ten seconds: nothing was done. */
const NOT_SENT = /NodeUnavailableException: No connection was available/;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * Whether the node goes on with the operation, or may: the management API gave up its call after 30 s, or lost its connection to
 * the node in the course of it, which it answers with a bare 500.
 */
export function gaveUp({ status, body }: Answer): boolean {
  return status === 500 && (GAVE_UP.test(body) || body.trim() === '');
}

/** Whether the management API could not ask the node, which it may be able to in some seconds. */
export function notSent({ status, body }: Answer): boolean {
  return status === 500 && NOT_SENT.test(body);
}

/** An answer that is not what was hoped for. */
export function refused(
  node: Node,
  operation: Operation,
  status: number,
  body: string,
  subject = '',
): KassetteError {
  if (body.trim() === NOT_RUNNING || notSent({ status, body })) return notRunning(node, operation);
  if (gaveUp({ status, body })) return slow(node, operation, subject);
  const reason = body.trim() === '' ? `HTTP status ${status}` : firstLine(body);
  const noCause = NO_CAUSE.test(reason) ? ' The management API does not say why.' : '';
  return new KassetteError(
    'NODE_OPERATION',
    `${node.name}: ${operation}${subject} failed: ${reason}.${noCause}`,
    `Read the Cassandra log of ${node.name} for the cause.`,
  );
}

function slow(node: Node, operation: Operation, subject: string): KassetteError {
  return new KassetteError(
    'TIMEOUT',
    `${node.name}: ${operation}${subject}: Cassandra did not answer the management API within the time limit of that API.`,
    `Look for a slow disk or too little CPU on ${node.name}; then run the same command again.`,
  );
}

export function notRunning(node: Node, operation: Operation): KassetteError {
  return new KassetteError(
    'NODE_NOT_RUNNING',
    `${node.name}: ${operation} is not possible: Cassandra is stopped or still starting.`,
    `Wait until ${node.name} is ready; read its Cassandra log if it does not become ready.`,
  );
}

/** An answer that cannot be understood: perhaps something else listens there. */
export function unreadable(node: Node, operation: Operation, cause: unknown): KassetteError {
  return new KassetteError(
    'NODE_OPERATION',
    `${node.name}: ${operation}: ${node.managementUrl} gave an answer that is not one of the management API.`,
    'Check that the address is that of the management API, and check its release.',
    { cause },
  );
}

/** No answer: connection refused, lost, or out of time. */
export function unreachable(
  node: Node,
  operation: Operation,
  timeoutMs: number,
  cause: unknown,
): KassetteError {
  const code = codeOf(cause);
  if (isTlsFailure(code)) return tlsRefused(node, operation, code, cause);
  const what = TIMEOUTS.has(code)
    ? `no answer within ${timeoutMs / 1000} s`
    : `no connection, or it was lost (${code})`;
  // A server that does not like the client's certificate may just hang up.
  const secured = node.managementUrl.startsWith('https:') ? ', with the right client certificate' : '';
  const { cause: likely, wayOut } = likelyCause(node);
  return new KassetteError(
    'NODE_DOWN',
    `${node.name}: ${operation}: ${what} from ${node.managementUrl}.${likely}`,
    `Check that ${node.name} runs and that this process may reach its management API${secured}.${wayOut}`,
    { cause },
  );
}

function tlsRefused(node: Node, operation: Operation, code: string, cause: unknown): KassetteError {
  return new KassetteError(
    'NODE_OPERATION',
    `${node.name}: ${operation}: the TLS handshake with ${node.managementUrl} failed (${code}).`,
    "The client certificate and CA must be those of the datacenter's managementApiAuth.",
    { cause },
  );
}

const TIMEOUTS = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'TimeoutError', 'AbortError']);

function isTlsFailure(code: string): boolean {
  return /^(ERR_SSL|ERR_TLS|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH)/.test(code);
}

/** Errors of sockets have a `code`, aborts only a `name`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

function firstLine(body: string): string {
  return (body.trim().split('\n', 1)[0] ?? '').slice(0, 200);
}

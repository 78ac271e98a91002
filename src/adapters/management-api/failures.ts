import { KassetteError } from '../../domain/errors.ts';
import type { Node } from '../../domain/topology.ts';

/** What kassette asks of a node; the names appear in messages. */
export type Operation =
  | 'readiness'
  | 'release version'
  | 'endpoints'
  | 'schema versions'
  | 'features'
  | 'flush'
  | 'job status'
  | 'snapshot'
  | 'snapshot removal'
  | 'snapshot list'
  | 'refresh'
  | 'cleanup'
  | 'hint truncation';

const NOT_RUNNING = 'Internal connection to Cassandra closed';

/** The API gives one bare sentence without a cause; these are what is behind it as a rule. */
const LIKELY_CAUSES: Partial<Record<Operation, string>> = {
  snapshot: 'a snapshot with this tag exists already, or the volume is full',
  flush: 'the volume is full, or a disk error stopped Cassandra from writing',
  refresh: 'the table does not exist on this node, or files put into it are unreadable',
  'snapshot removal': 'files of the snapshot cannot be deleted',
};

/** An answer that is not what was hoped for. */
export function refused(
  node: Node,
  operation: Operation,
  status: number,
  body: string,
  subject = '',
): KassetteError {
  if (body.trim() === NOT_RUNNING) return notRunning(node, operation);
  const cause = LIKELY_CAUSES[operation];
  const reason = body.trim() === '' ? `HTTP status ${status}` : firstLine(body);
  const likely = cause === undefined ? '' : ` Most likely ${cause}.`;
  return new KassetteError(
    'NODE_OPERATION',
    `${node.name}: ${operation}${subject} failed: ${reason}.${likely}`,
    `The cause is in the Cassandra log of ${node.name}.`,
  );
}

export function notRunning(node: Node, operation: Operation): KassetteError {
  return new KassetteError(
    'NODE_NOT_RUNNING',
    `${node.name}: ${operation} is not possible: Cassandra is stopped or still starting.`,
    `Wait until ${node.name} is ready, or look at its Cassandra log if it does not become so.`,
  );
}

/** An answer that cannot be understood: perhaps something else listens there. */
export function unreadable(node: Node, operation: Operation, cause: unknown): KassetteError {
  return new KassetteError(
    'NODE_OPERATION',
    `${node.name}: ${operation}: ${node.managementUrl} gave an answer that is not the management API's.`,
    'Check that the address is the management API of the node, and its release.',
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
    : `no connection or a lost one (${code})`;
  // A server that does not like the client's certificate may just hang up.
  const secured = node.managementUrl.startsWith('https:') ? ', with the right client certificate' : '';
  return new KassetteError(
    'NODE_DOWN',
    `${node.name}: ${operation}: ${what} from ${node.managementUrl}.`,
    `Check that ${node.name} runs and that this process may reach its management API${secured}.`,
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

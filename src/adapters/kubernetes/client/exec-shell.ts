import { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { Exec, type V1Status } from '@kubernetes/client-node';
import { KassetteError } from '../../../domain/errors.ts';
import { READ } from '../../../domain/rights.ts';
import type { NodeShell, SizedInput } from '../../../ports/node-shell.ts';
import { forbidden } from './call-errors.ts';
import { Refusals } from './calls.ts';
import type { Connection } from './connection.ts';

const CONTAINER = 'cassandra';
/** Behind all that a script printed, where it succeeded: an exec can succeed of which the output has not come. */
const END = '\n= all was printed\n';
/** The end of standard input cannot be signalled to a container on every Kubernetes, so the lengths of both parts come first. */
export const BOOT = `read -r n m; s=$(head -c "$n"; echo .); s=\${s%.}; [ \${#s} -eq "$n" ] || exit 97; head -c "$m" | sh -c "$s" kassette "$@" && printf '${END.replaceAll('\n', '\\n')}'`;
const FRAME = 32 * 1024;
/** What may wait to be sent; the client does not look at it. */
const MOST_UNSENT = 1024 * 1024;
const UNSENT_PAUSE_MS = 5;
/** For connections through something that cuts idle ones. */
const PING_MS = 20_000;
const CONNECT_PATIENCE_MS = 60_000;
const CONNECT_LIMIT_MS = 15_000;

/** A pod that was made for this run and ends by itself when nothing has touched `used` for a while. */
export interface OwnPod {
  readonly name: string;
  readonly used: string;
}

/**
 * A shell in the node's own container, over the exec API: one WebSocket for each run.
 * @param ownPodOf the pod for what is no node's, if that is what is meant
 */
export function execShell(
  connection: Connection,
  timeoutMs: number,
  ownPodOf: (node: string) => OwnPod | undefined = () => undefined,
): NodeShell {
  return {
    async run(node, script, args, input = new Uint8Array(), take) {
      const text = Buffer.from(script);
      const sized = input instanceof Uint8Array ? { bytes: input.length, chunks: () => [input] } : input;
      const head = Buffer.concat([Buffer.from(`${text.length} ${sized.bytes}\n`), text]);
      const own = ownPodOf(node.name);
      const boot = own === undefined ? BOOT : `: > ${own.used}; ${BOOT}`;
      const run = new ExecRun(own?.name ?? node.name, framed(head, sized), take);
      return run.end(connection, ['sh', '-c', boot, 'kassette', ...args], timeoutMs);
    },
  };
}

class ExecRun {
  readonly #pod: string;
  readonly #input: Iterable<Uint8Array>;
  readonly #take: (piece: Buffer) => void;
  /** The last that came: the mark behind the output, if it is whole. */
  #held: Buffer = Buffer.alloc(0);
  readonly #output: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  #status: V1Status | undefined;
  /** How many bytes wait to be sent; null once it is over. */
  #unsent: () => number | null = () => 0;
  /** Resolved with what was thrown where its output was taken. */
  readonly #fault = Promise.withResolvers<{ readonly thrown: unknown }>();

  constructor(pod: string, input: Iterable<Uint8Array>, take?: (piece: Buffer) => void) {
    this.#pod = pod;
    this.#input = input;
    this.#take = take ?? ((piece) => void this.#output.push(Buffer.from(piece)));
  }

  async end(connection: Connection, command: string[], timeoutMs: number): Promise<Buffer> {
    const socket = await this.#open(connection, command);
    this.#unsent = () => socket.bufferedAmount;
    const ping = setInterval(
      () => 'ping' in socket && typeof socket.ping === 'function' && socket.ping(),
      PING_MS,
    );
    const closed = new Promise<'closed'>((done) => socket.addEventListener('close', () => done('closed')));
    const limit = AbortSignal.timeout(timeoutMs);
    const late = new Promise<'late'>((done) => limit.addEventListener('abort', () => done('late')));
    const outcome = await Promise.race([closed, late, this.#fault.promise]);
    clearInterval(ping);
    socket.close();
    this.#unsent = () => null;
    if (typeof outcome === 'object') throw outcome.thrown;
    if (outcome === 'late') throw failed(this.#pod, `it did not end within ${timeoutMs / 1000} s`);
    return this.#result();
  }

  /** Nothing has run before the connection is there, so it can be tried again. */
  async #open(connection: Connection, command: string[]) {
    const deadline = performance.now() + CONNECT_PATIENCE_MS;
    const refusals = new Refusals();
    for (let wait = 200; ; wait = Math.min(2 * wait, 5000)) {
      try {
        return await this.#connect(connection, command);
      } catch (error) {
        const status = Number(/server response: (\d+)/.exec(messageOf(error))?.[1]);
        if (!refusals.mayPass(status, wait)) this.#throwIfFinal(error, status, connection);
        if (performance.now() + wait > deadline) throw noWay(this.#pod, messageOf(error), error);
      }
      await pause(wait);
    }
  }

  #throwIfFinal(error: unknown, status: number, { namespace, caller }: Connection): void {
    if (status === 403) throw forbidden([READ.exec, READ.execCreate], namespace, error, caller);
    if (status === 404) throw failed(this.#pod, 'the pod or container no longer exists', error);
    if (status === 400 || status === 401) throw noWay(this.#pod, messageOf(error), error);
  }

  async #connect(connection: Connection, command: string[]) {
    const connecting = new Exec(connection.config).exec(
      connection.namespace,
      this.#pod,
      CONTAINER,
      command,
      each((piece) => this.#takeIn(piece)),
      each((piece) => void this.#stderr.push(Buffer.from(piece))),
      endless(this.#input, () => this.#unsent()),
      false,
      (status) => {
        this.#status = status;
      },
    );
    const late = pause(CONNECT_LIMIT_MS, 'late' as const, { ref: false });
    const socket = await Promise.race([connecting, late]);
    if (socket !== 'late') return socket;
    // Should it still come, nothing must run by it.
    connecting.then((late) => late.close()).catch(() => {});
    throw new KassetteError(
      'TIMEOUT',
      `no answer within ${CONNECT_LIMIT_MS / 1000} s`,
      'Check whether a proxy is in between.',
    );
  }

  /** At once, while the socket waits: what is read can never be more than what came. */
  #takeIn(piece: Buffer): void {
    const all = Buffer.concat([this.#held, piece]);
    const end = Math.max(0, all.length - END.length);
    this.#held = all.subarray(end);
    if (end === 0) return;
    try {
      this.#take(all.subarray(0, end));
    } catch (thrown) {
      this.#fault.resolve({ thrown });
    }
  }

  #result(): Buffer {
    if (this.#status === undefined) throw cut(this.#pod, 'the connection ended before the script did');
    if (this.#status.status === 'Success') {
      if (this.#held.toString('latin1') === END) return Buffer.concat(this.#output);
      throw cut(this.#pod, 'the script has ended, and not all of its output came');
    }
    const stderr = Buffer.concat(this.#stderr).toString().trim().slice(-400);
    throw failed(this.#pod, stderr === '' ? (this.#status.message ?? 'no reason was given') : stderr);
  }
}

function* framed(head: Uint8Array, input: SizedInput): Generator<Uint8Array> {
  for (const chunk of joined(head, input.chunks()))
    for (let at = 0; at < chunk.length; at += FRAME) yield chunk.subarray(at, at + FRAME);
}

function* joined(head: Uint8Array, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield head;
  yield* chunks;
}

/**
 * Without an end: on Kubernetes before 1.30 the client would close the whole connection for it. What it is given the client sends
 * at once, so no more is given while much is still unsent.
 */
function endless(input: Iterable<Uint8Array>, unsent: () => number | null): Readable {
  const frames = input[Symbol.iterator]();
  const stream = new Readable({
    read() {
      const waiting = unsent();
      if (waiting === null) return;
      if (waiting > MOST_UNSENT) {
        setTimeout(() => stream._read(FRAME), UNSENT_PAUSE_MS);
        return;
      }
      const frame = frames.next();
      if (frame.done !== true) stream.push(frame.value);
    },
  });
  return stream;
}

function each(take: (piece: Buffer) => void): Writable {
  return new Writable({
    write(piece: Buffer, _encoding, done) {
      take(piece);
      done();
    },
  });
}

function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

function failed(pod: string, what: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `A script in pod ${pod} failed: ${what}`,
    'Check the disk, the rights in the volume and that sh, coreutils, findutils and grep are in the container; then run the command again.',
    { cause },
  );
}

function noWay(pod: string, why: string, cause: unknown): KassetteError {
  return new KassetteError(
    'CLUSTER_UNREACHABLE',
    `No connection to pod ${pod} could be established: ${why}.`,
    'Check that the pod and the Kubernetes API server run, then run the command again.',
    { cause },
  );
}

function cut(pod: string, why: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'CONNECTION_CUT',
    `The connection to pod ${pod} was lost: ${why}.`,
    'Check that the pod and the Kubernetes API server run, then run the command again.',
    { cause },
  );
}

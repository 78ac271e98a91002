import { setTimeout as pause } from 'node:timers/promises';
import { Agent, type Dispatcher } from 'undici';
import type { z } from 'zod';
import type { Node } from '../../domain/cluster/topology.ts';
import { codeOf, notSent, type Operation, refused, unreachable, unreadable } from './failures.ts';

/** As PEM: the CA of the servers, and this client's certificate and key. */
export interface TlsIdentity {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** The identity for a node; undefined for plain HTTP. The same object for nodes that share one. */
export type IdentityOf = (node: Node) => Promise<TlsIdentity | undefined>;

export interface Request {
  readonly operation: Operation;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** What the operation is about, for messages: ` of ks.table`. */
  readonly subject?: string;
  /** Whether doing it twice is as good as once: then lost connections are tried again. */
  readonly repeatable: boolean;
  /** For the answer, milliseconds; the transport's own limit where it is absent. */
  readonly timeoutMs?: number;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

const CONNECT_TIMEOUT_MS = 5000;
/**
 * Whatever the server asks its node it gives up after 30 s (`REQUEST_TIMEOUT` of its driver), and answers so. One that is silent for longer
 * is gone, with its machine perhaps, and nobody ends the connection.
 */
export const ANSWER_MS = 60_000;
const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 150;
/** The server tries every ten seconds. */
const RECONNECTS_WITHIN_MS = 25_000;
const RECONNECT_PAUSE_MS = 2000;

/** Before an answer began nothing can be said about the outcome, but a repeatable request may be sent again. */
const LOST_CONNECTION = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** HTTP to the nodes' management APIs: bounded, with kept connections and few repetitions. */
export class Transport {
  readonly #agents = new Map<TlsIdentity | undefined, Agents>();
  readonly #identityOf: IdentityOf;
  /** For what is asked for again and again. */
  readonly timeoutMs: number;
  /** For one answer. */
  readonly #answerMs: number;

  constructor(timeoutMs: number, identityOf: IdentityOf = async () => undefined, answerMs = ANSWER_MS) {
    this.timeoutMs = timeoutMs;
    this.#answerMs = Math.min(timeoutMs, answerMs);
    this.#identityOf = identityOf;
  }

  /** The answer whatever its status; KassetteError where there is none. A server that has lost its own connection gets another one. */
  async send(node: Node, request: Request): Promise<Reply> {
    const end = performance.now() + Math.min(RECONNECTS_WITHIN_MS, this.timeoutMs);
    for (;;) {
      const reply = await this.#attempt(node, request);
      if (!notSent(reply) || performance.now() >= end) return reply;
      await pause(RECONNECT_PAUSE_MS);
    }
  }

  async #attempt(node: Node, request: Request): Promise<Reply> {
    const attempts = request.repeatable ? ATTEMPTS : 1;
    const agents = this.#agentsFor(await this.#identityOf(node));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#once(agents, node, request);
      } catch (error) {
        const again = attempt < attempts && LOST_CONNECTION.has(codeOf(error));
        if (!again) throw unreachable(node, request.operation, request.timeoutMs ?? this.#answerMs, error);
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  }

  /** The body of a 2xx answer; KassetteError for any other. */
  async demand(node: Node, request: Request): Promise<string> {
    return this.accept(node, request, await this.send(node, request));
  }

  /** The body of a reply that is 2xx; KassetteError for any other. */
  accept(node: Node, request: Request, { status, body }: Reply): string {
    if (status >= 200 && status < 300) return body;
    throw refused(node, request.operation, status, body, request.subject);
  }

  /** The body of a 2xx answer as what `schema` describes. */
  async read<Schema extends z.ZodType>(
    node: Node,
    request: Request,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const body = await this.demand(node, request);
    try {
      return schema.parse(JSON.parse(body));
    } catch (error) {
      throw unreadable(node, request.operation, error);
    }
  }

  async close(): Promise<void> {
    const all = [...this.#agents.values()].flatMap(({ kept, fresh }) => [kept, fresh]);
    await Promise.all(all.map((agent) => agent.destroy()));
  }

  async #once({ kept, fresh }: Agents, node: Node, request: Request): Promise<Reply> {
    const dispatcher: Dispatcher = request.repeatable ? kept : fresh;
    const response = await dispatcher.request({
      origin: node.managementUrl,
      path: request.path,
      method: request.method,
      headers: request.body === undefined ? {} : { 'content-type': 'application/json' },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: AbortSignal.timeout(request.timeoutMs ?? this.#answerMs),
    });
    return { status: response.statusCode, body: await response.body.text() };
  }

  #agentsFor(identity: TlsIdentity | undefined): Agents {
    const known = this.#agents.get(identity);
    if (known !== undefined) return known;
    const connect = { timeout: CONNECT_TIMEOUT_MS, ...identity, ...(identity && ANY_NAME) };
    const limits = { headersTimeout: 0, bodyTimeout: 0, connect };
    const made = {
      kept: new Agent({ ...limits, keepAliveTimeout: 20_000 }),
      // A kept connection may turn out dead on use; what must not be sent twice gets a new one.
      fresh: new Agent({ ...limits, pipelining: 0 }),
    };
    this.#agents.set(identity, made);
    return made;
  }
}

interface Agents {
  readonly kept: Agent;
  readonly fresh: Agent;
}

/** Pods have no names that a certificate could hold; the CA alone vouches for them, as for cass-operator. */
const ANY_NAME = { checkServerIdentity: () => undefined };

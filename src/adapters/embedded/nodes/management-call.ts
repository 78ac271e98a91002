import { readFileSync } from 'node:fs';
import { Agent, type Dispatcher } from 'undici';
import type { ClusterFile, ClusterNode } from '../cluster-file.ts';
import { LauncherError } from './launcher-error.ts';

type Reachable = Pick<ClusterNode, 'name' | 'managementUrl'>;

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** The launcher's own way to the stand-ins: it needs but a few calls, and their status. */
export class ManagementCalls {
  readonly #dispatcher: Dispatcher;

  constructor(cluster: ClusterFile) {
    const tls = cluster.tls;
    const files = tls && {
      ca: readFileSync(tls.ca),
      cert: readFileSync(tls.cert),
      key: readFileSync(tls.key),
    };
    this.#dispatcher = new Agent({
      connect: { timeout: 2000, ...files },
      headersTimeout: 120_000,
      keepAliveTimeout: 1000,
    });
  }

  async send(node: Reachable, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Reply> {
    const response = await this.#dispatcher.request({
      origin: node.managementUrl,
      method,
      path,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, body: await response.body.text() };
  }

  /** Like `send`; undefined where nothing answers. */
  async trySend(node: Reachable, method: 'GET' | 'POST', path: string): Promise<Reply | undefined> {
    return this.send(node, method, path).catch(() => undefined);
  }

  /** Like `send`; an answer other than 2xx is an error, which does not repeat the query: it may hold a password. */
  async demand(node: Reachable, method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> {
    const reply = await this.send(node, method, path, body);
    if (reply.status >= 200 && reply.status < 300) return reply.body;
    const where = path.split('?', 1)[0];
    throw new LauncherError(
      `${node.name}: ${where} answered ${reply.status} ${reply.body}`,
      `Look into the node's logs directory.`,
    );
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

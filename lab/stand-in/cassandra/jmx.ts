import { Pool } from 'undici';
import { z } from 'zod';

/** Cassandra is not there, or not yet: nothing answers. */
export class NotConnected extends Error {
  override name = 'NotConnected';
}

/** Cassandra answered that the operation failed. */
export class OperationFailed extends Error {
  override name = 'OperationFailed';
  /** Its name in the answer, where it is not the route's. */
  readonly operation: string | undefined;

  constructor(message: string, operation?: string) {
    super(message);
    this.operation = operation;
  }
}

/** Cassandra did not answer within the limit of a call; it goes on. */
export class GaveUp extends Error {
  override name = 'GaveUp';

  /** As the management API says it. */
  constructor(limitMs: number) {
    super(`Query timed out after PT${limitMs / 1000}S`);
  }
}

export interface JolokiaAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const reply = z.object({ status: z.number(), value: z.unknown().optional(), error: z.string().optional() });

// A flush or a snapshot of a node under load takes long; nothing here may wait for ever.
const OPERATION_TIMEOUT_MS = 30 * 60_000;

const PATH =
  '/jolokia/?maxDepth=0&maxCollectionSize=0&maxObjects=0&ignoreErrors=true&includeStackTrace=false';

/** JMX over HTTP, by the Jolokia agent inside the Cassandra process. */
export class Jmx {
  readonly #pool: Pool;
  readonly #authorization: string;
  readonly #limitMs: number;

  /** @param limitMs of one call, as the management API's own driver has one */
  constructor(access: JolokiaAccess, limitMs: number) {
    this.#limitMs = limitMs;
    this.#pool = new Pool(`http://${access.host}:${access.port}`, {
      connections: 16,
      // A connection a call: on kept ones Java's HTTP server waits 40 ms for delayed acknowledgements.
      pipelining: 0,
      headersTimeout: OPERATION_TIMEOUT_MS,
      bodyTimeout: OPERATION_TIMEOUT_MS,
      connect: { timeout: 2000 },
    });
    this.#authorization = `Basic ${Buffer.from(`${access.user}:${access.password}`).toString('base64')}`;
  }

  /** An attribute, or several as an object. */
  read(mbean: string, attribute: string | readonly string[]): Promise<unknown> {
    return this.#send({ type: 'read', mbean, attribute });
  }

  /** `operation` carries its signature where the name is overloaded. @throws GaveUp; the operation goes on */
  call(mbean: string, operation: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.withinLimit(this.callWithoutLimit(mbean, operation, args));
  }

  /** @throws GaveUp where the work takes longer than one call may; it goes on */
  withinLimit<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new GaveUp(this.#limitMs)), this.#limitMs);
      work.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  callWithoutLimit(mbean: string, operation: string, args: readonly unknown[] = []): Promise<unknown> {
    return this.#send({ type: 'exec', mbean, operation, arguments: args });
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(request: object): Promise<unknown> {
    const answer = reply.parse(await this.#post(JSON.stringify(request)));
    if (answer.status !== 200) throw new OperationFailed(answer.error ?? `JMX status ${answer.status}`);
    return answer.value;
  }

  async #post(body: string): Promise<unknown> {
    try {
      const headers = { authorization: this.#authorization, 'content-type': 'application/json' };
      const response = await this.#pool.request({ method: 'POST', path: PATH, headers, body });
      return await response.body.json();
    } catch (error) {
      throw new NotConnected('Nothing answers at the JMX port', { cause: error });
    }
  }
}

export const STORAGE = 'org.apache.cassandra.db:type=StorageService';
export const INTERNAL = 'kassette:type=Internal';

import type { Answer } from './answer.ts';
import type { Connection } from './connection.ts';

/** One request, taken apart. */
export interface Call {
  readonly connection: Connection;
  readonly query: URLSearchParams;
  /** The JSON body, parsed on demand; `{}` where there is none. */
  readonly body: () => unknown;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** The type of its error answers. */
  readonly produces: 'text' | 'json';
  /** The name that the error text of a failure carries. */
  readonly operation: string;
  readonly handle: (call: Call) => Promise<Answer>;
}

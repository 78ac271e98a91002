import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { requestShape } from './request-shape.ts';

/** The file, beside the node's other logs, with one line for each kind of request that came. */
export const REQUEST_LOG = 'requests.log';

/** Keeps what kinds of requests come; neither values, which may be secret, nor how often. */
export class RequestLog {
  readonly #directory: string;
  readonly #seen = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  note(method: string, url: URL, body: string): void {
    const shape = requestShape(method, `${url.pathname}${url.search}`, body);
    if (this.#seen.has(shape)) return;
    this.#seen.add(shape);
    mkdirSync(this.#directory, { recursive: true });
    appendFileSync(join(this.#directory, REQUEST_LOG), `${shape}\n`);
  }
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import { answeredBody, RECORDING, type Recorded, sentBody } from './recording.ts';

export interface ReplayServer {
  readonly node: Node;
  /** `METHOD path body`, one for each request that came. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Answers as recorded in `state`; the first answer where several were recorded, 404 where none. */
export async function replay(
  state: string | undefined,
  extra: readonly Recorded[] = [],
): Promise<ReplayServer> {
  const candidates = [...extra, ...RECORDING].filter((entry) => entry.state === state);
  return answering((method, _path, target, body) => {
    const found = candidates.find((entry) => matches(entry, method, target, body));
    if (found === undefined) return { status: 404, contentType: null, body: '' };
    return { ...found.response, body: answeredBody(found) };
  });
}

/** A server whose answers are made by a function of a request's method, path, path with query, and body. */
export async function answering(
  answer: (method: string, path: string, target: string, body: string) => Recorded['response'],
): Promise<ReplayServer> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url} ${body}`.trim());
    const given = answer(method, url.split('?', 1)[0] ?? '', url, body);
    response.writeHead(given.status, given.contentType === null ? {} : { 'content-type': given.contentType });
    response.end(typeof given.body === 'string' ? given.body : JSON.stringify(given.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    node: nodeAt(`http://127.0.0.1:${port}`),
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function nodeAt(managementUrl: string): Node {
  return {
    name: 'dse-cass-prd-default-sts-0',
    cluster: 'dse',
    datacenter: 'cass-prd',
    rack: 'default',
    address: '127.0.0.1',
    cqlEndpoint: '127.0.0.1:9042',
    volume: '/var/lib/cassandra',
    dataDirectories: ['/var/lib/cassandra/data'],
    managementUrl,
  };
}

function matches(entry: Recorded, method: string, path: string, body: string): boolean {
  return entry.request.method === method && entry.request.path === path && (sentBody(entry) ?? '') === body;
}

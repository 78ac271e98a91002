import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { API_SERVER, authorityOf, type Places } from './places.ts';

/*
 * cass-operator stands still for 20 s after it has started a node, and for 5 s after a datacenter has become ready,
 * whatever happens meanwhile: both only spare the API server. It reads in the datacenter's status until when. Of the 163 s
 * that three nodes took, these pauses were 60.
 */
const API = '/apis/cassandra.datastax.com/v1beta1';
const LONG_AGO = '1970-01-01T00:00:00Z';
const RECONNECT_MS = 500;

interface Watched {
  readonly object?: {
    readonly metadata?: { readonly name: string; readonly namespace: string };
    readonly status?: { readonly lastServerNodeStarted?: string; readonly quietPeriod?: string };
  };
}

/** Ends every such pause of every datacenter as soon as it begins, until disposed of. */
export function skipOperatorPauses(places: Places): Disposable {
  const ended = new AbortController();
  void (async () => {
    while (!ended.signal.aborted) {
      // The API server is away while a test restarts it, and ends each watch after some minutes.
      await watch(places, ended.signal).catch(() => {});
      await pause(RECONNECT_MS, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  return { [Symbol.dispose]: () => ended.abort() };
}

async function watch(places: Places, signal: AbortSignal): Promise<void> {
  const answer = await send(places, `${API}/cassandradatacenters?watch=true`, { signal });
  for await (const line of createInterface({ input: answer })) {
    const { metadata, status } = (JSON.parse(line) as Watched).object ?? {};
    const pauses = Object.entries({
      lastServerNodeStarted: status?.lastServerNodeStarted,
      quietPeriod: status?.quietPeriod,
    }).filter(([, moment]) => Date.parse(moment ?? LONG_AGO) > Date.parse(LONG_AGO));
    if (metadata === undefined || pauses.length === 0) continue;
    const ends = Object.fromEntries(pauses.map(([name]) => [name, LONG_AGO]));
    await patchStatus(places, metadata, ends, signal);
  }
}

async function patchStatus(
  places: Places,
  { name, namespace }: { readonly name: string; readonly namespace: string },
  status: object,
  signal: AbortSignal,
): Promise<void> {
  const path = `${API}/namespaces/${namespace}/cassandradatacenters/${name}/status`;
  const answer = await send(places, path, { method: 'PATCH', signal }, JSON.stringify({ status }));
  answer.resume();
}

function send(places: Places, path: string, options: object, body?: string): Promise<IncomingMessage> {
  const token = readFileSync(join(places.credentials, 'admin.token'), 'utf8');
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/merge-patch+json' }),
    };
    const ca = readFileSync(authorityOf(places));
    const sent = request(`${API_SERVER}${path}`, { ...options, agent: false, ca, headers }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

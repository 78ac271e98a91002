import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { API_SERVER, type Places } from '../places.ts';
import { asAdmin } from '../probe.ts';

const RECONNECT_MS = 500;

/** Calls back with the object of every event that the API server tells of this path, as admin, until the signal. */
export async function watchObjects(
  places: Places,
  path: string,
  onObject: (object: unknown) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    // The API server is away while a test restarts it, and ends each watch after some minutes.
    await watch(places, path, onObject, signal).catch(() => {});
    await pause(RECONNECT_MS, undefined, { signal }).catch(() => {});
  }
}

async function watch(
  places: Places,
  path: string,
  onObject: (object: unknown) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const separator = path.includes('?') ? '&' : '?';
  const answer = await send(places, `${path}${separator}watch=true`, { signal });
  for await (const line of createInterface({ input: answer }))
    await onObject((JSON.parse(line) as { readonly object?: unknown }).object);
}

/** One request to the API server as admin. @param type of the body; a merge patch without it */
export function send(
  places: Places,
  path: string,
  options: object,
  body?: string,
  type = 'application/merge-patch+json',
): Promise<IncomingMessage> {
  const { ca, headers } = asAdmin(places);
  const content = body === undefined ? {} : { 'content-type': type };
  const all = { ...options, agent: false, ca, headers: { ...headers, ...content } };
  return new Promise((resolve, reject) => {
    const sent = request(`${API_SERVER}${path}`, all, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
}

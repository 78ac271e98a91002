import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { requestShape } from '../../../lab/stand-in/request-shape.ts';

const entry = z.object({
  request: z.object({
    method: z.enum(['GET', 'POST', 'DELETE']),
    path: z.string(),
    body: z.unknown().optional(),
  }),
  response: z.object({ status: z.number(), contentType: z.string().nullable(), body: z.unknown() }),
  state: z.string().optional(),
});

/** A request that was sent to a real management API, and its answer; `state` where the node was not simply healthy. */
export type Recorded = z.infer<typeof entry>;

function recordingIn(file: string): readonly Recorded[] {
  return z.array(entry).parse(JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')));
}

/** Release 0.1.104; a cluster in all its states. */
export const RECORDING = recordingIn('observed.json');
/** Release 0.1.125; every argument of flush, cleanup, compaction, snapshots, refresh and hints. */
export const ARGUMENTS = recordingIn('observed-2.json');
/** Release 0.1.125; calls that take longer than the server waits. */
export const SLOW = recordingIn('observed-3.json');
/** What is in none of them is not known of a management API. */
export const EVERYTHING: readonly Recorded[] = [...RECORDING, ...ARGUMENTS, ...SLOW];

/** Kinds of requests that were recorded. */
export const RECORDED_SHAPES: ReadonlySet<string> = new Set(
  EVERYTHING.map((e) => requestShape(e.request.method, e.request.path, sentBody(e) ?? '')),
);

export function label({ request, state }: Recorded): string {
  const body = request.body === undefined ? '' : ` ${JSON.stringify(request.body)}`;
  return `${request.method} ${request.path}${body}${state === undefined ? '' : ` (${state})`}`;
}

/** The request body as it goes over the wire: texts were sent as they are. */
export function sentBody({ request }: Recorded): string | undefined {
  if (request.body === undefined) return undefined;
  return typeof request.body === 'string' ? request.body : JSON.stringify(request.body);
}

/** The answer's body as text; some were recorded already parsed. */
export function answeredBody({ response }: Recorded): string {
  return typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
}

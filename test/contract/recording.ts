import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

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

export const RECORDING: readonly Recorded[] = z
  .array(entry)
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'observed.json'), 'utf8')));

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

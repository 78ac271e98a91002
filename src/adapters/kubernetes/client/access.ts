import { setTimeout as pause } from 'node:timers/promises';
import type { Right } from '../../../domain/rights.ts';
import { forbidden } from './call-errors.ts';
import type { Connection } from './connection.ts';

/**
 * Ask Kubernetes whether it would allow all of these, before anything is begun. Every authenticated user may ask; where even
 * that is taken away, the calls themselves will fail.
 * @throws FORBIDDEN naming all that are missing
 */
export async function checkRights(
  connection: Connection,
  rights: readonly Right[],
  againAfterMs: readonly number[] = AGAIN_AFTER_MS,
): Promise<void> {
  let missing = rights;
  for (const wait of [0, ...againAfterMs]) {
    await pause(wait);
    const answers = await Promise.all(missing.map(async (r) => ({ r, ok: await isAllowed(connection, r) })));
    missing = answers.filter((a) => !a.ok).map((a) => a.r);
    if (missing.length === 0) return;
  }
  throw forbidden(missing, connection.namespace, undefined, connection.caller);
}

/** An API server that was just started knows no roles at first, and allows nothing. */
const AGAIN_AFTER_MS = [500, 1500, 3000];

async function isAllowed({ authorization, namespace }: Connection, right: Right): Promise<boolean> {
  const [resource = '', subresource] = right.resource.split('/');
  const { group, verb, name } = right;
  const body = {
    spec: {
      resourceAttributes: {
        namespace,
        group,
        verb,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
        ...(name === undefined ? {} : { name }),
      },
    },
  };
  try {
    return (await authorization.createSelfSubjectAccessReview({ body })).status?.allowed ?? true;
  } catch {
    return true;
  }
}

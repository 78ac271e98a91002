import type { Right } from '../../domain/rights.ts';
import { forbidden } from './calls.ts';
import type { Connection } from './connection.ts';

/**
 * Ask Kubernetes whether it would allow all of these, before anything is begun. Every authenticated user may ask; where even
 * that is taken away, the calls themselves will tell.
 * @throws FORBIDDEN naming all that are missing
 */
export async function checkRights(connection: Connection, rights: readonly Right[]): Promise<void> {
  const answers = await Promise.all(rights.map(async (r) => ({ r, ok: await isAllowed(connection, r) })));
  const missing = answers.filter((a) => !a.ok).map((a) => a.r);
  if (missing.length > 0) throw forbidden(missing, connection.namespace);
}

async function isAllowed({ authorization, namespace }: Connection, right: Right): Promise<boolean> {
  const [resource = '', subresource] = right.resource.split('/');
  const { group, verb } = right;
  const body = {
    spec: {
      resourceAttributes: {
        namespace,
        group,
        verb,
        resource,
        ...(subresource === undefined ? {} : { subresource }),
      },
    },
  };
  try {
    return (await authorization.createSelfSubjectAccessReview({ body })).status?.allowed ?? true;
  } catch {
    return true;
  }
}

import { KassetteError } from '../../../domain/errors.ts';
import type { Names } from '../../../packaging/settings.ts';
import type { PrintContext } from '../../descriptor.ts';

interface Given {
  readonly secrets: readonly string[];
  readonly allSecrets: boolean;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** The secrets that are named on the command line; where none is, those that the datacenters of these namespaces use by now. */
export async function secretNames(
  { secrets, allSecrets, kubeconfig, context }: Given,
  namespaces: Names,
  { findSecrets }: PrintContext,
): Promise<Names> {
  if (allSecrets) return 'all';
  if (secrets.length > 0) return secrets;
  try {
    return await findSecrets({ kubeconfig, context }, namespaces);
  } catch (cause) {
    if (!(cause instanceof KassetteError)) throw cause;
    throw new KassetteError(
      cause.code,
      `Which secrets the datacenters use could not be looked up: ${cause.message}`,
      'Nothing was printed. Name them: `--secret NAME...`. For each datacenter that is `spec.superuserSecretName`, or `<cluster>-superuser`; docs/reference/rights.md lists the others.',
      { cause },
    );
  }
}

/** For comments: which secrets may be read. */
export function secretsText(secrets: Names): string {
  return secrets === 'all' ? 'every secret there' : `of secrets only ${secrets.join(', ')}`;
}

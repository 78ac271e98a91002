import cassandra from 'cassandra-driver';
import type { Node } from '../../domain/cluster/topology.ts';
import { likelyCause } from '../../domain/cluster/unreached.ts';
import { KassetteError, RefusedStatement, RejectedCredentials } from '../../domain/errors.ts';
import type { CredentialOrigin } from '../../ports/cql.ts';

export function failed(statement: string, why: string, cause?: unknown): KassetteError {
  const message = `Cassandra refused \`${statement}\`: ${why}`;
  const hint = 'Mend what the message names, then run the command again: it continues where it stopped.';
  const refusal = refusalIn(cause);
  return refusal === null
    ? new KassetteError('CQL', message, hint, { cause })
    : new RefusedStatement(refusal, message, hint, { cause });
}

const { serverError, syntaxError, unauthorized, invalid, configError, alreadyExists } =
  cassandra.types.responseErrorCodes;
/** Answers that the same statement gets again. A server error is one: that is how some missing classes are answered. */
const REFUSALS: readonly number[] = [
  ...[serverError, syntaxError, unauthorized, invalid, configError, alreadyExists],
];

/** What Cassandra answered where it does not accept a statement, on one line; null for any other failure. */
function refusalIn(error: unknown): string | null {
  // The driver tries a statement that is sent to one host nowhere else, and wraps what that one says.
  const isWrapped = error instanceof cassandra.errors.NoHostAvailableError;
  const answer = isWrapped ? Object.values(error.innerErrors)[0] : error;
  if (!(answer instanceof cassandra.errors.ResponseError) || !REFUSALS.includes(answer.code)) return null;
  return answer.message.replaceAll(/\s*\n\s*/g, ' ').trim();
}

export function connectError(
  cause: unknown,
  nodes: readonly Node[],
  origin?: CredentialOrigin,
): KassetteError {
  const inner =
    cause instanceof cassandra.errors.NoHostAvailableError ? Object.values(cause.innerErrors) : [cause];
  const known = inner.find((e) => e instanceof KassetteError);
  if (known !== undefined) return known;
  // Where the nodes that hold the roles are away, Cassandra calls that a failed authentication, too.
  const refused = (e: unknown) =>
    e instanceof cassandra.errors.AuthenticationError && !e.message.includes('Cannot achieve consistency');
  if (inner.some(refused)) {
    const from = origin === undefined ? '' : ` of ${origin.called}`;
    return new RejectedCredentials(
      origin?.changedAt ?? null,
      `Cassandra did not accept the superuser's name or password${from}: ${reason(inner[0])}`,
      'Nothing was changed. Check that the secret is that of this cluster: a restored cluster has the passwords that its volumes hold. `--superuser-secret NAME` takes another one.',
      { cause },
    );
  }
  const { cause: likely, wayOut } = likelyCause(nodes.find((n) => n.proxy !== undefined) ?? nodes[0]);
  return new KassetteError(
    'NODE_DOWN',
    `No CQL connection to any of ${nodes.map((n) => `${n.name} (${n.cqlEndpoint})`).join(', ')}: ${reason(inner[0])}${likely && `.${likely}`}`,
    `Nothing was changed. Wait until the nodes serve CQL, then run the command again.${wayOut}`,
    { cause },
  );
}

export function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}

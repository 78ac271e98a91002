import cassandra from 'cassandra-driver';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';

export function failed(statement: string, why: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'CQL',
    `Cassandra refused \`${statement}\`: ${why}`,
    'Mend what the message names, then run the command again: it continues where it stopped.',
    { cause },
  );
}

export function connectError(cause: unknown, nodes: readonly Node[]): KassetteError {
  const inner =
    cause instanceof cassandra.errors.NoHostAvailableError ? Object.values(cause.innerErrors) : [cause];
  const known = inner.find((e) => e instanceof KassetteError);
  if (known !== undefined) return known;
  // Where the nodes that hold the roles are away, Cassandra calls that a failed authentication, too.
  const refused = (e: unknown) =>
    e instanceof cassandra.errors.AuthenticationError && !e.message.includes('Cannot achieve consistency');
  if (inner.some(refused)) {
    return new KassetteError(
      'CREDENTIALS',
      `Cassandra did not accept the superuser's name or password: ${reason(inner[0])}`,
      'Nothing was changed. Check that the secret is that of this cluster: a restored cluster has the passwords that its volumes hold.',
      { cause },
    );
  }
  return new KassetteError(
    'NODE_DOWN',
    `No CQL connection to any of ${nodes.map((n) => `${n.name} (${n.cqlEndpoint})`).join(', ')}: ${reason(inner[0])}`,
    'Nothing was changed. Wait until the nodes serve CQL, then run the command again.',
    { cause },
  );
}

export function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}

import { type Right, toSecret } from '../../../domain/rights.ts';
import { checkRights } from './access.ts';
import type { Connection } from './connection.ts';
import { type CassandraDatacenter, cqlTlsSecret, superuserSecret } from './resources.ts';

export interface Uses {
  /** Whether CQL is spoken to the nodes, and the management API asked. */
  readonly cql: boolean;
  /** Whether what CQL over TLS needs is on the command line. */
  readonly cqlTls: boolean;
  /** The superuser's, where the command line names another one than the datacenter. */
  readonly superuserSecret?: string | undefined;
}

/** By default all that any command reads. */
const ANY_COMMAND: Uses = { cql: true, cqlTls: false };

/** The rights to the secrets that a datacenter names, each to one secret: those of which something is read. */
export function secretRights(
  datacenter: CassandraDatacenter,
  { cql, cqlTls, superuserSecret: named }: Uses = ANY_COMMAND,
): readonly Right[] {
  const { configSecret, managementApiAuth } = datacenter.spec;
  const connecting: readonly (readonly [string | undefined, string])[] = [
    [named ?? superuserSecret(datacenter), "for the superuser's password"],
    [managementApiAuth.manual?.clientSecretName, "for the management API's certificate"],
    [cqlTls ? undefined : cqlTlsSecret(datacenter), 'for the certificates of CQL'],
  ];
  const used = [[configSecret, "for the datacenter's configuration"] as const, ...(cql ? connecting : [])];
  return used.flatMap(([name, purpose]) => (name ? [toSecret(name, purpose)] : []));
}

/** The names of the secrets that these datacenters use, each once. */
export function usedSecrets(datacenters: readonly CassandraDatacenter[]): readonly string[] {
  return [...new Set(datacenters.flatMap((d) => secretRights(d)).map((r) => r.name ?? ''))].toSorted();
}

/**
 * Asks, before any of them is read, whether the secrets of datacenters may be; each once in a run. Which right is needed hangs on
 * a secret's name, so it cannot be asked before the datacenters are known.
 */
export function secretCheck(connection: Connection, uses: Uses, check: typeof checkRights = checkRights) {
  const known = new Set<string>();
  return async (datacenters: readonly CassandraDatacenter[]): Promise<void> => {
    const rights = datacenters.flatMap((d) => secretRights(d, uses));
    const fresh = rights.filter((r) => !known.has(r.name ?? ''));
    const each = [...new Map(fresh.map((r) => [r.name, r])).values()];
    if (each.length === 0) return;
    await check(connection, each);
    for (const { name } of each) known.add(name ?? '');
  };
}

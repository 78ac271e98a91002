import cassandra from 'cassandra-driver';

const { one, two, three, quorum } = cassandra.types.consistencies;

/**
 * The consistency that reads every replica there is, where ALL was refused because replication names more of them: those of a
 * datacenter that was removed, or five on three nodes. Beyond three replicas Cassandra has no name for it, and a quorum has to do.
 * Null for any other error. The caller has checked that all nodes are up.
 */
export function insteadOfAll(error: unknown): number | null {
  let cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  // The driver tries a statement that is sent to one host nowhere else, and wraps what that one says.
  if (cause instanceof cassandra.errors.NoHostAvailableError) [cause] = Object.values(cause.innerErrors);
  if (!(cause instanceof cassandra.errors.ResponseError)) return null;
  if (cause.code !== cassandra.types.responseErrorCodes.unavailableException) return null;
  // The driver's types do not have what comes with this one.
  const { alive } = cause as typeof cause & { readonly alive?: number };
  if (alive === undefined || alive < 1) return null;
  return [one, two, three][alive - 1] ?? quorum;
}

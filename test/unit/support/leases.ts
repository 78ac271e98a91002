import { ApiException, type V1Lease } from '@kubernetes/client-node';
import type { Connection } from '../../../src/adapters/kubernetes/client/connection.ts';

/** The one lease of a namespace as an API server keeps it: a replacement of another version than the newest is refused. */
export function leases() {
  let stored: V1Lease | null = null;
  let version = 0;
  let refusal: { readonly status: number; left: number } | null = null;
  const answer = async <T>(work: () => T): Promise<T> => {
    await new Promise((done) => setImmediate(done));
    if (refusal !== null && refusal.left-- > 0) throw refused(refusal.status);
    return structuredClone(work());
  };
  const put = (lease: V1Lease) => {
    stored = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(++version) } };
    return stored;
  };
  const coordination = {
    createNamespacedLease: ({ body }: { readonly body: V1Lease }) =>
      answer(() => {
        if (stored !== null) throw refused(409);
        return put(body);
      }),
    readNamespacedLease: () =>
      answer(() => {
        if (stored === null) throw refused(404);
        return stored;
      }),
    replaceNamespacedLease: ({ body }: { readonly body: V1Lease }) =>
      answer(() => {
        if (stored === null) throw refused(404);
        if (body.metadata?.resourceVersion !== stored.metadata?.resourceVersion) throw refused(409);
        return put(body);
      }),
  };
  return {
    connection: { namespace: 'ns', coordination } as unknown as Connection,
    put,
    get stored(): V1Lease | null {
      return stored;
    },
    /** Every call from now on, or so many. */
    refuse(status: number, calls = Number.POSITIVE_INFINITY): void {
      refusal = { status, left: calls };
    },
  };
}

function refused(status: number): ApiException<string> {
  return new ApiException(status, `HTTP ${status}`, '', {});
}

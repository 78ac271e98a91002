import type { TestDatacenter } from '../datacenter.ts';

const PATIENCE_MS = 10_000;

/** What decides on a login, by the management API of each node: its roles, and where these are kept. */
export async function rolesOf(datacenters: readonly TestDatacenter[]): Promise<string> {
  const nodes = (await Promise.all(datacenters.map((d) => d.pods()))).flat();
  const asked = nodes.map(async ({ name, ip }) => {
    const ask = async (path: string) => {
      const answer = await fetch(`http://${ip}:8080/api/v0/${path}`, {
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return `${answer.status} ${await answer.text()}`;
    };
    const [roles, replication, ring] = await Promise.all([
      ask('ops/auth/role').catch(String),
      ask('ops/keyspace/replication?keyspaceName=system_auth').catch(String),
      ask('metadata/endpoints').catch(String),
    ]);
    return `${name}: roles ${roles}; replication of system_auth ${replication}; ring ${ring.slice(0, 2000)}`;
  });
  return (await Promise.all(asked)).join('\n');
}

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, type ClientOptions, type Host, types } from 'cassandra-driver';

/**
 * Runs DDL through one node, so that statements see each other, and waits for agreement once, at the end. The client
 * must not wait by itself after each: see `datasetClientOptions`.
 */
export async function define(client: Client, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return;
  const [host] = hostsUp(client);
  if (host === undefined) throw new Error('No Cassandra node is up.');
  for (const statement of statements) {
    try {
      await client.execute(statement, [], { host });
    } catch (cause) {
      throw new Error(`The test schema's statement failed: ${statement}`, { cause });
    }
  }
  await schemaAgreement(client);
}

/** Of those that the client may talk to. */
export function hostsUp(client: Client): readonly Host[] {
  // The driver has them, its types have not.
  const { options } = client as unknown as { readonly options: ClientOptions };
  const policy = options.policies?.loadBalancing;
  return client.hosts
    .values()
    .filter((host) => host.isUp() && policy?.getDistance(host) !== types.distance.ignored);
}

/** A node that missed a change on a busy machine asks for it after a minute. */
const AGREEMENT_MS = 120_000;

async function schemaAgreement(client: Client): Promise<void> {
  const deadline = Date.now() + AGREEMENT_MS;
  while ((await schemaVersions(client)).size > 1) {
    if (Date.now() > deadline)
      throw new Error(`The nodes did not agree on a schema within ${AGREEMENT_MS} ms.`);
    await delay(100);
  }
}

async function schemaVersions(client: Client): Promise<ReadonlySet<string>> {
  const versions = await Promise.all(
    hostsUp(client).map(async (host) => {
      const result = await client.execute('SELECT schema_version FROM system.local', [], { host });
      return String(result.first().get('schema_version'));
    }),
  );
  return new Set(versions);
}

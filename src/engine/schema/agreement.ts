import { agreedSchema, type Cluster } from '../../domain/cluster/ring.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { until } from '../../ports/until.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 100;

/** Wait until all nodes have the schema that the coordinator has. @throws SCHEMA_DISAGREEMENT after the time limit */
export async function waitForAgreement(
  ports: Ports,
  cluster: Cluster,
  options: CommonOptions,
): Promise<void> {
  const [contactNode] = cluster.nodes;
  if (contactNode === undefined) return;
  let versions: ReadonlyMap<string, readonly string[]> = new Map();
  const look = async () => {
    versions = await ports.control.schemaVersions(contactNode);
    return agreedSchema(versions, cluster.remnants) === null ? null : { found: true };
  };
  const late = () =>
    new KassetteError(
      'SCHEMA_DISAGREEMENT',
      `The nodes of ${cluster.name} did not agree on one schema version: ${[...versions.keys()].join(', ')}.`,
      'The backup is unchanged. Bring all nodes up, then run the same command again.',
    );
  const { timeoutMs: within, signal } = options;
  await until(look, { every: POLL_MS, within, signal, clock: ports.clock, late });
}

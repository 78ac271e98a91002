import { KassetteError } from '../../domain/errors.ts';
import { agreedSchema, type Cluster } from '../../domain/ring.ts';
import type { Ports } from '../../ports/ports.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 100;

/** Wait until all nodes have the schema that the coordinator has. @throws SCHEMA_DISAGREEMENT after the time limit */
export async function waitForAgreement(
  ports: Ports,
  cluster: Cluster,
  options: CommonOptions,
): Promise<void> {
  const [witness] = cluster.nodes;
  if (witness === undefined) return;
  const deadline = ports.clock.now().getTime() + options.timeoutMs;
  for (;;) {
    options.signal.throwIfAborted();
    const versions = await ports.control.schemaVersions(witness);
    if (agreedSchema(versions, cluster.remnants) !== null) return;
    if (ports.clock.now().getTime() >= deadline) {
      throw new KassetteError(
        'SCHEMA_DISAGREEMENT',
        `The nodes of ${cluster.name} did not come to one schema version: ${[...versions.keys()].join(', ')}.`,
        'The backup is untouched. Bring all nodes up, then run the same command again.',
      );
    }
    await ports.clock.sleep(POLL_MS);
  }
}

import { KassetteError } from '../../domain/errors.ts';
import { diagnose } from '../../domain/start-failure.ts';
import type { Datacenter, Node } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

/**
 * Why nodes that are not ready do not come up, as far as their logs say it.
 * @throws DIRTY_VOLUMES where it is because of their data, which no waiting mends
 */
export async function startFailures(
  ports: Ports,
  datacenters: readonly Datacenter[],
  { concurrency }: CommonOptions,
): Promise<readonly string[]> {
  const nodes = datacenters.flatMap((d) => d.nodes);
  const found = await each(nodes, (node) => failureOf(ports, node), { concurrency });
  const failures = found.filter((f) => f !== null);
  const dirty = failures.find((f) => f.why.dirty);
  if (dirty === undefined) {
    return failures.map(
      ({ node, why }) => `${node.name}: Cassandra ended because of ${why.what}: «${why.evidence}».`,
    );
  }
  throw new KassetteError(
    'DIRTY_VOLUMES',
    `On ${dirty.node.name} Cassandra does not start because of ${dirty.why.what}: «${dirty.why.evidence}».`,
    'Nothing was changed. Run «kassette recover», which restores the volumes with Cassandra stopped, or after-restore with --recover auto.',
  );
}

async function failureOf(ports: Ports, node: Node) {
  if (await ports.control.isReady(node)) return null;
  const why = diagnose(await ports.recovery.log(node));
  return why === null ? null : { node, why };
}

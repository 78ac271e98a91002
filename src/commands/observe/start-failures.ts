import { KassetteError } from '../../domain/errors.ts';
import { diagnose } from '../../domain/start-failure.ts';
import type { Datacenter, Node } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

/**
 * Why nodes that are not ready do not come up, as far as their logs say it.
 * @param told logs of before the nodes were started, by node name: what they say is no news
 * @throws DIRTY_VOLUMES where it is because of their data, which no waiting mends
 */
export async function startFailures(
  ports: Ports,
  datacenters: readonly Datacenter[],
  { concurrency }: CommonOptions,
  told: ReadonlyMap<string, string> = new Map(),
): Promise<readonly string[]> {
  const nodes = datacenters.flatMap((d) => d.nodes);
  const found = await each(nodes, (node) => failureOf(ports, node, told), { concurrency });
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

async function failureOf(ports: Ports, node: Node, told: ReadonlyMap<string, string>) {
  if (await ports.control.isReady(node)) return null;
  const log = await ports.recovery.log(node);
  const why = log === told.get(node.name) ? null : diagnose(log);
  return why === null ? null : { node, why };
}

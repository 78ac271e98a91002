import { KassetteError } from '../../domain/errors.ts';
import { assessRing, byCluster, type Cluster } from '../../domain/ring.ts';
import type { Datacenter } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import type { StepReport } from '../../ports/progress.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 1000;

/** The clusters that a command is about, each with all nodes UP and NORMAL and one schema; waits for that. */
export async function healthyClusters(ports: Ports, options: CommonOptions): Promise<readonly Cluster[]> {
  return ports.progress.step('Checking the nodes', async (report) => {
    const datacenters = await ports.datacenters.find(options.datacenters);
    const deadline = ports.clock.now().getTime() + options.timeoutMs;
    return each(byCluster(datacenters), (own) => waitForHealthy(ports, own, options, deadline, report));
  });
}

async function waitForHealthy(
  ports: Ports,
  datacenters: readonly Datacenter[],
  options: CommonOptions,
  deadline: number,
  report: StepReport,
): Promise<Cluster> {
  for (;;) {
    options.signal.throwIfAborted();
    const outcome = await look(ports, datacenters, options.concurrency);
    if (!(outcome instanceof KassetteError)) return outcome;
    if (ports.clock.now().getTime() >= deadline) throw outcome;
    report.note(`waiting: ${outcome.message}`);
    await ports.clock.sleep(POLL_MS);
  }
}

/** One look at a cluster: what it is, or why it is not healthy. */
export async function look(
  ports: Ports,
  datacenters: readonly Datacenter[],
  concurrency: number,
): Promise<Cluster | KassetteError> {
  const nodes = datacenters.flatMap((d) => d.nodes);
  const ready = new Map(
    await each(nodes, async (n) => [n.name, await ports.control.isReady(n)] as const, { concurrency }),
  );
  const witness = nodes.find((n) => ready.get(n.name));
  if (witness === undefined) {
    return assessRing({ datacenters, ready, endpoints: [], schemaVersions: new Map() });
  }
  try {
    const [endpoints, schemaVersions] = await Promise.all([
      ports.control.endpoints(witness),
      ports.control.schemaVersions(witness),
    ]);
    return assessRing({ datacenters, ready, endpoints, schemaVersions });
  } catch (error) {
    if (error instanceof KassetteError) return error;
    throw error;
  }
}

import { KassetteError } from '../../domain/errors.ts';
import { assessRing, byCluster, type Cluster } from '../../domain/ring.ts';
import type { Datacenter, Unready } from '../../domain/topology.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

const POLL_MS = 1000;
/** A look into the logs costs more than one at the ring. */
const CLOSER_EVERY = 5;

/**
 * The clusters that a command is about, each with all nodes UP and NORMAL and one schema; waits for that.
 * @param lookCloser tells why nodes do not come up, as far as it can, or throws where waiting is of no use
 */
export async function healthyClusters(
  ports: Ports,
  options: CommonOptions,
  lookCloser: (datacenters: readonly Datacenter[]) => Promise<readonly string[]> = async () => [],
): Promise<readonly Cluster[]> {
  return ports.progress.step('Checking the nodes', async (report) => {
    const deadline = ports.clock.now().getTime() + options.timeoutMs;
    let looks = 0;
    let known: readonly string[] = [];
    for (;;) {
      options.signal.throwIfAborted();
      // Found anew each time: a pod that was started again has another address.
      const datacenters = await ports.datacenters.find(options.datacenters);
      const hopeless = datacenters.find((d) => d.unready?.passing === false);
      if (hopeless?.unready) throw notReady(hopeless, hopeless.unready);
      const outcomes = await each(byCluster(datacenters), (own) => look(ports, own, options.concurrency));
      const faults = outcomes.filter(isFault);
      const [fault] = faults;
      if (fault === undefined) return outcomes.filter((o): o is Cluster => !isFault(o));
      const reasons = looks++ % CLOSER_EVERY === 0 ? await lookCloser(datacenters) : known;
      known = reasons;
      if (ports.clock.now().getTime() >= deadline) throw withReasons(fault, reasons);
      report.note(`waiting: ${[...faults.map((f) => f.message), ...reasons].join(' ')}`);
      await ports.clock.sleep(POLL_MS);
    }
  });
}

function withReasons(fault: KassetteError, reasons: readonly string[]): KassetteError {
  if (reasons.length === 0) return fault;
  return new KassetteError(fault.code, [fault.message, ...reasons].join(' '), fault.hint, { cause: fault });
}

function isFault(outcome: Cluster | KassetteError): outcome is KassetteError {
  return outcome instanceof KassetteError;
}

/** One look at a cluster: what it is, or why it is not healthy. */
export async function look(
  ports: Ports,
  datacenters: readonly Datacenter[],
  concurrency: number,
): Promise<Cluster | KassetteError> {
  const unready = datacenters.find((d) => d.unready !== null);
  if (unready?.unready) return notReady(unready, unready.unready);
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

function notReady({ name, coldRestore }: Datacenter, { reason, passing }: Unready): KassetteError {
  return new KassetteError(
    'NOT_READY',
    `Datacenter ${name} ${reason}.`,
    coldRestore !== undefined
      ? 'Nothing was changed. Run «kassette recover», which goes on with it; started by other means, volumes that are restored would meet others.'
      : passing
        ? 'Nothing was changed. Look at «kubectl describe cassandradatacenter» and its pods; allow more time with --timeout.'
        : 'Nothing was changed. This does not pass by waiting: bring the datacenter up, then run the command again.',
  );
}

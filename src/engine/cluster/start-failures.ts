import { diagnose, type StartFailure } from '../../domain/cluster/start-failure.ts';
import { type StoppedTransports, stoppedTransports } from '../../domain/cluster/stopped-transports.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette, kubectl } from '../../domain/hint.ts';
import { flagsTo } from '../../domain/k8ssandra/locations.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';

type Failure = { readonly node: Node } & (
  | { readonly start: StartFailure }
  | { readonly stopped: StoppedTransports }
);

/** Logs of before the nodes were started, by node name: what they say is no news. */
type KnownLogs = ReadonlyMap<string, string>;

/**
 * Why nodes do not come up after a restore, as far as their logs say it.
 * @param down nodes that serve CQL and that the ring calls down
 * @throws DIRTY_VOLUMES where it is because of their data, which no waiting mends; NODE_DOWN as `nodeFailures`
 */
export async function startFailures(
  ports: Ports,
  datacenters: readonly Datacenter[],
  down: readonly Node[],
  options: CommonOptions,
  known: KnownLogs = new Map(),
): Promise<readonly string[]> {
  const failures = await lookForFailures(ports, datacenters, down, options, known);
  for (const failure of failures) if ('start' in failure && failure.start.dirty) throw dirty(failure);
  return failures.map(textOf);
}

/**
 * Why nodes are down, as far as their logs say it.
 * @throws NODE_DOWN where Cassandra runs and has stopped its transports, which no waiting mends
 */
export async function nodeFailures(
  ports: Ports,
  datacenters: readonly Datacenter[],
  down: readonly Node[],
  options: CommonOptions,
): Promise<readonly string[]> {
  return (await lookForFailures(ports, datacenters, down, options)).map(textOf);
}

async function lookForFailures(
  ports: Ports,
  datacenters: readonly Datacenter[],
  down: readonly Node[],
  { concurrency }: CommonOptions,
  known: KnownLogs = new Map(),
): Promise<readonly Failure[]> {
  const nodes = datacenters.flatMap((d) => d.nodes);
  const suspects = new Set(down.map((n) => n.name));
  const found = await each(nodes, (node) => failureOf(ports, node, suspects, known), { concurrency });
  const failures = found.filter((f) => f !== null);
  const coming = new Set(datacenters.flatMap((d) => d.pods ?? []).flatMap((p) => (p.coming ? [p.name] : [])));
  const stopped = failures.filter((f) => 'stopped' in f && !coming.has(f.node.name));
  if (stopped.length > 0) throw transportsStopped(stopped, datacenters);
  return failures;
}

async function failureOf(
  ports: Ports,
  node: Node,
  suspects: ReadonlySet<string>,
  known: KnownLogs,
): Promise<Failure | null> {
  const ready = await ports.control.isReady(node);
  // One that stopped its transports says that it is ready.
  if (ready && !suspects.has(node.name)) return null;
  const log = await ports.recovery.log(node);
  if (log === known.get(node.name)) return null;
  const stopped = stoppedTransports(log);
  if (stopped !== null) return { node, stopped };
  const start = ready ? null : diagnose(log);
  return start === null ? null : { node, start };
}

function textOf(failure: Failure): string {
  if ('start' in failure) {
    const { node, start } = failure;
    return `${node.name}: Cassandra ended because of ${start.what}: \`${start.evidence}\`.`;
  }
  const { cause, evidence } = failure.stopped;
  const after = cause === null ? '' : ` after \`${cause}\``;
  return `${failure.node.name}: Cassandra runs, but has stopped serving clients and other nodes: \`${evidence}\`${after}.`;
}

function dirty({ node, start }: Extract<Failure, { start: StartFailure }>): KassetteError {
  return new KassetteError(
    'DIRTY_VOLUMES',
    `On ${node.name} Cassandra does not start because of ${start.what}: \`${start.evidence}\`.`,
    hint`Nothing was changed. Run ${kassette('recover')}: it restores the volumes with Cassandra stopped. Or run ${kassette('after-restore', '--recover', 'auto')}.`,
  );
}

function transportsStopped(failures: readonly Failure[], datacenters: readonly Datacenter[]): KassetteError {
  const { namespace, reachedBy } = datacenters.find((d) => d.name === failures[0]?.node.datacenter) ?? {};
  const names = failures.map((f) => f.node.name);
  const restart =
    namespace === undefined
      ? `Restart Cassandra on ${names.join(', ')}, one at a time.`
      : hint`Restart these nodes one at a time: ${kubectl('delete', 'pod', names[0] ?? '', ...flagsTo({ namespace, reachedBy }))}. Wait until it is ready before the next one (${names.join(', ')}).`;
  return new KassetteError(
    'NODE_DOWN',
    failures.map(textOf).join(' '),
    hint`Nothing was changed. The pods stay ready and nothing restarts them. First mend what the log names (a full or failing volume, files that were removed under Cassandra). ${restart} Then run the command again.`,
  );
}

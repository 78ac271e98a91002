import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { TableOnDisk } from './cassandra.ts';
import { type Cluster, PAXOS } from './cluster.ts';

/* Lightweight transactions: each node keeps their outcomes in a system table, by the id of the table and the key. */

const keyOf = ({ id }: TableOnDisk, key: string) => `${id} ${key}`;

/** One that these nodes do not hear of: they are down, and nobody keeps hints for them. */
export function compareAndSet(
  cluster: Cluster,
  table: TableOnDisk,
  write: { readonly key: string; readonly value: string; readonly without: readonly Node[] },
): void {
  const { key, value, without } = write;
  cluster.state.nowMs += 1;
  for (const node of cluster.nodes) {
    if (without.includes(node)) continue;
    cluster.at(node).write(table, key, value);
    cluster.at(node).write(PAXOS, keyOf(table, key), value);
  }
}

/** A read at SERIAL: what any node knows to have been agreed upon is done on those that do not. */
export function readSerially(cluster: Cluster, table: TableOnDisk, key: string): void {
  const at = keyOf(table, key);
  const known = cluster.nodes.map((node) => cluster.at(node).newest(PAXOS).get(at));
  const [last] = known.flatMap((row) => row ?? []).toSorted((a, b) => b.at - a.at);
  if (last === undefined) return;
  for (const [i, node] of cluster.nodes.entries()) {
    if (known[i]?.at === last.at) continue;
    cluster.at(node).take(table, { ...last, key });
    cluster.at(node).take(PAXOS, last);
  }
}

/** Ids of tables of whose lightweight transactions a node keeps the outcome. */
export function paxosTables(cluster: Cluster, node: Node): ReadonlySet<string> {
  return new Set([...cluster.at(node).newest(PAXOS).keys()].map((key) => key.split(' ')[0] ?? ''));
}

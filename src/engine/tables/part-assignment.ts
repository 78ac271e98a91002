import { staged } from '../../domain/transfer/staging.ts';
import { HeldTables } from '../restore/held-tables.ts';
import type { CheckedPart, LiveNode, TableFacts } from './facts.ts';

/** Which parts of the backup a node loads. */
export interface PartAssignment {
  readonly live: LiveNode;
  readonly parts: readonly CheckedPart[];
}

/** Whether rows have other owners than in the backup: then every node is given the parts of all, and keeps what it owns. */
export function mustRedistribute({ sameRing, reconciled }: TableFacts): boolean {
  return !sameRing || reconciled.replicatedOtherwise.size > 0;
}

export function assignParts(facts: TableFacts): readonly PartAssignment[] {
  const { cluster, nodes, parts } = facts;
  if (mustRedistribute(facts)) return nodes.map((live) => ({ live, parts }));
  return nodes.map((live) => {
    const hostId = cluster.members.get(live.node.name)?.hostId;
    return { live, parts: parts.filter((p) => p.head.node.hostId === hostId) };
  });
}

/** Whether a part's files are not in the node's own volume, so that they have to be copied there. */
export function needsCopy({ fromClones }: TableFacts, live: LiveNode, part: CheckedPart): boolean {
  return fromClones || part.node.name !== live.node.name;
}

/** All tables that a node loads, one entry for each part, at the places where their files are or will be staged. */
export function tablesOf(facts: TableFacts, { live, parts }: PartAssignment): HeldTables {
  const tables = parts.flatMap((part) => {
    const place = (directory: string) =>
      needsCopy(facts, live, part) ? staged(part.head.node.hostId, directory) : directory;
    return part.tables
      .unpack()
      .map((t) => ({ ...t, parts: t.parts.map((p) => ({ ...p, directory: place(p.directory) })) }));
  });
  return new HeldTables(tables);
}

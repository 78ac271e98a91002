import type { Node } from '../../../domain/cluster/topology.ts';
import type { CheckedPart } from '../facts.ts';

/** A part of the backup and the node whose volume its files go to. */
export interface Transfer {
  readonly node: Node;
  readonly part: CheckedPart;
}

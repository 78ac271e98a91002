import type { Node } from '../domain/topology.ts';

/** Finds copies of nodes' volumes that lie beside the live ones. They are only ever read. */
export interface Copies {
  /**
   * Every directory in `directory` that has something of kassette's in it, as a node whose name is the directory's: what it
   * is a copy of only its manifest can tell.
   * @param like a live node: a copy has its data directories at the same places
   * @throws NOT_FOUND where there is none, USAGE where this kind of cluster has no such copies
   */
  find(directory: string, like: Node): Promise<readonly Node[]>;
}

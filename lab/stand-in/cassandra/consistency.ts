import { OperationFailed } from './jmx.ts';

export type Ring = readonly { readonly datacenter: string; readonly local: boolean }[];

/**
 * Why a keyspace with `perDatacenter` replicas cannot be read at `level`; undefined where it can. Like the management
 * API it counts the nodes of the ring, not those that are up.
 */
export function unreachableLevel(ring: Ring, level: string, perDatacenter: number): string | undefined {
  const home = ring.find((node) => node.local)?.datacenter;
  const names = [...new Set(ring.map((node) => node.datacenter))];
  const relevant = level.startsWith('LOCAL_') ? names.filter((name) => name === home) : names;
  const replicas = (name: string) =>
    Math.min(perDatacenter, ring.filter((node) => node.datacenter === name).length);
  const present = relevant.reduce((sum, name) => sum + replicas(name), 0);
  const needed = blockFor(level, perDatacenter, relevant.length);
  if (present >= needed) return undefined;
  return `${needed} replicas required, but only ${present} nodes in the ring`;
}

function blockFor(level: string, perDatacenter: number, datacenters: number): number {
  const all = perDatacenter * datacenters;
  switch (level) {
    case 'ANY':
    case 'ONE':
    case 'LOCAL_ONE':
      return 1;
    case 'TWO':
      return 2;
    case 'THREE':
      return 3;
    case 'QUORUM':
    case 'LOCAL_QUORUM':
      return Math.floor(all / 2) + 1;
    case 'EACH_QUORUM':
      return (Math.floor(perDatacenter / 2) + 1) * datacenters;
    case 'ALL':
      return all;
    default:
      throw new OperationFailed(`No consistency level ${level}`);
  }
}

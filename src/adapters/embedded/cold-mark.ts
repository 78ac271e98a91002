import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ColdStage } from '../../domain/cluster/topology.ts';
import type { ClusterNode } from './cluster-file.ts';
import { nodeProcesses } from './nodes/processes.ts';

/** Of an embedded datacenter what an annotation is of one on Kubernetes: that it is stopped for a cold restore. */
export function readColdMark(
  directory: string,
  datacenter: string,
  nodes: readonly Pick<ClusterNode, 'name'>[],
): ColdStage | undefined {
  // Starting all nodes by other means has ended it.
  if (nodes.every(({ name }) => nodeProcesses(directory, name).cassandra !== undefined)) return undefined;
  try {
    return readFileSync(fileOf(directory, datacenter), 'utf8') === 'stopped' ? 'stopped' : 'changing';
  } catch {
    return undefined;
  }
}

export function writeColdMark(directory: string, datacenter: string, stage: ColdStage): void {
  writeFileSync(fileOf(directory, datacenter), stage);
}

export function removeColdMark(directory: string, datacenter: string): void {
  rmSync(fileOf(directory, datacenter), { force: true });
}

function fileOf(directory: string, datacenter: string): string {
  return join(directory, `cold-restore-${datacenter}`);
}

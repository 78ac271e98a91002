import { KassetteError } from '../errors.ts';
import type { ColdResult } from './cold-result.ts';

/** A node whose volume is among those that are restored together. */
export interface CoveredNode {
  /** Null where that is not known. */
  readonly cluster: string | null;
  readonly node: string | null;
}

/**
 * That all nodes of the backups are restored together: one that goes on with newer data would give them to the others, and
 * the backup would then pass for done. @throws PARTIAL_CLUSTER
 */
export function checkAllCovered(
  backups: readonly Pick<ColdResult, 'cluster' | 'tag' | 'nodes'>[],
  covered: readonly CoveredNode[],
): void {
  for (const { cluster, tag, nodes } of backups) {
    const own = new Set(
      covered.filter((c) => c.cluster === null || c.cluster === cluster).map((c) => c.node),
    );
    const missing = nodes.filter((n) => !own.has(n));
    if (missing.length === 0) continue;
    throw new KassetteError(
      'PARTIAL_CLUSTER',
      `Backup ${tag} of cluster ${cluster} is of ${nodes.length} nodes, and the volumes of ${missing.join(', ')} are not among those to be restored.`,
      'Nothing was changed. Provide all volumes, and restore all datacenters of the cluster in one run, without `--datacenter`.',
    );
  }
}

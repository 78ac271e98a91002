import { checkNode } from '../../domain/backup/backup-check.ts';
import { checkWhole, type FoundHead } from '../../domain/backup/backup-fit.ts';
import { parseManifest } from '../../domain/backup/manifest.ts';
import type { Cluster } from '../../domain/cluster/ring.ts';
import { type ErrorCode, KassetteError } from '../../domain/errors.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import { checkPart } from '../volumes/check-part.ts';

/** What says that a backup is not whole; anything else may pass. */
const VERDICTS: readonly ErrorCode[] = [
  'BACKUP_INCOMPLETE',
  'MANIFEST_DAMAGED',
  'WRONG_CLUSTER',
  'FILES_DAMAGED',
];

/**
 * Why a backup is not whole, by the quick checks of `verify`: each node's part with its marker, manifest and schema, all of its
 * files with their sizes, together the whole ring, which is still that of the backup. Null where it is.
 */
export async function faultOf(
  ports: Ports,
  clusters: readonly Cluster[],
  tag: string,
  options: CommonOptions,
): Promise<KassetteError | null> {
  try {
    await wholeParts(ports, clusters, tag, options);
    return null;
  } catch (error) {
    if (error instanceof KassetteError && VERDICTS.includes(error.code)) return error;
    throw error;
  }
}

/** A node's part of a whole backup. */
export interface WholePart extends FoundHead {
  readonly skewMs: number;
}

/** The same, with what each node's part says of itself. @throws why it is not whole */
export async function wholeParts(
  ports: Ports,
  clusters: readonly Cluster[],
  tag: string,
  options: CommonOptions,
): Promise<readonly WholePart[]> {
  const total = clusters.reduce((n, c) => n + c.nodes.length, 0);
  return ports.progress.step(`Checking backup ${tag}`, async (report) => {
    const parts: WholePart[] = [];
    for (const cluster of clusters) {
      const { nodes } = cluster;
      let done = parts.length;
      const check = async (node: (typeof nodes)[number]): Promise<WholePart> => {
        options.signal.throwIfAborted();
        const contents = await ports.volumes.read(node, tag);
        const manifest = parseManifest(node.name, contents);
        // Copies of volumes whose nodes have moved, joined or left meanwhile could not be restored warm.
        checkNode(cluster, node, manifest);
        checkPart(node, manifest, contents);
        report.count(++done, total);
        const { tables: _, permissions: __, ...head } = manifest;
        return { where: node.name, head, skewMs: manifest.skewMs };
      };
      const own = await each(nodes, check, options);
      checkWhole(own);
      parts.push(...own);
    }
    return parts;
  });
}

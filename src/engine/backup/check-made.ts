import {
  checkFiles,
  checkNode,
  checkSameRing,
  checkSameTokens,
  checkWholeRing,
} from '../../domain/backup/backup-check.ts';
import { parseManifest } from '../../domain/backup/manifest.ts';
import { type Cluster, inRing } from '../../domain/cluster/ring.ts';
import type { RingMember } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { hint, kassette } from '../../domain/hint.ts';
import { parseSchema } from '../../domain/schema/schema.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { RecordedNode } from './record.ts';

/**
 * What a restore checks first, on the backup just made and on the ring as it is by now: a backup that no restore would take must
 * not become a complete one.
 * @throws PARTIAL_CLUSTER where the ring has changed, and whatever a restore would refuse the backup with
 */
export async function checkMade(
  ports: Ports,
  cluster: Cluster,
  recorded: readonly RecordedNode[],
  tag: string,
  options: CommonOptions,
): Promise<void> {
  const [contactNode] = cluster.nodes;
  if (contactNode === undefined) return;
  const endpoints = await ports.control.endpoints(contactNode);
  checkSameRing(cluster, endpoints);
  const now = inRing(cluster, endpoints);
  const check = async ({ node, marker }: RecordedNode) => {
    const contents = await ports.volumes.read(node, tag);
    const manifest = parseManifest(node.name, { ...contents, marker });
    checkNode(now, node, manifest);
    checkFiles(node, manifest, contents.parts);
    parseSchema(contents.schema);
  };
  try {
    checkWholeRing(now, 'restore');
    await each(recorded, check, options);
    // Reading all of that takes its time: a move that has ended meanwhile is no different from one before.
    checkStill(now, await ports.control.endpoints(contactNode));
  } catch (error) {
    throw asOfBackup(error);
  }
}

/** @throws PARTIAL_CLUSTER, WRONG_CLUSTER */
function checkStill(cluster: Cluster, endpoints: readonly RingMember[]): void {
  checkSameRing(cluster, endpoints);
  checkSameTokens(cluster, inRing(cluster, endpoints));
}

function asOfBackup(error: unknown): unknown {
  if (!(error instanceof KassetteError)) return error;
  return new KassetteError(
    error.code,
    `A restore would refuse the backup that was just made: ${error.message}`,
    hint`No backup was made: what there was of it is undone. Run ${kassette('before-backup')} again when no node joins, leaves or moves and nothing else removes snapshots. Report this if it fails again.`,
    { cause: error },
  );
}

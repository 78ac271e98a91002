import { checkFiles, damagedFiles } from '../../domain/backup/backup-check.ts';
import type { Manifest } from '../../domain/backup/manifest.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { lackingFiles } from '../../domain/sstables/sstable-check.ts';
import type { BackupContents } from '../../ports/volumes.ts';

/** That every file of a node's part is there with its size, and every SSTable with what it needs. @throws FILES_DAMAGED */
export function checkPart(node: Node, manifest: Manifest, contents: BackupContents): void {
  checkFiles(node, manifest, contents.parts);
  const lacking = lackingFiles(manifest);
  if (lacking.length > 0) throw damagedFiles(node, lacking);
}

import type { ManifestTable } from '../../../domain/backup/manifest.ts';
import { loadableParts } from '../../../domain/restore/restore-plan.ts';
import { checksumOf } from '../../../domain/sstables/checksums.ts';
import { staged } from '../../../domain/transfer/staging.ts';
import type { FileToCopy } from '../../../domain/transfer/transfer.ts';
import type { CheckedPart, TableFacts } from '../facts.ts';
import { needsCopy, type PartAssignment } from '../part-assignment.ts';

/** Bytes that have to be copied to a node. */
export function bytesToCopy(facts: TableFacts, { live, parts }: PartAssignment): number {
  return parts
    .filter((p) => needsCopy(facts, live, p))
    .reduce((sum, p) => sum + bytesOf(filesOf(p, facts.tag)), 0);
}

export function bytesOf(files: readonly FileToCopy[]): number {
  return files.reduce((sum, f) => sum + f.bytes, 0);
}

export function filesOf({ tables, head }: CheckedPart, tag: string): readonly FileToCopy[] {
  const { hostId } = head.node;
  return tables.unpack().flatMap((table: ManifestTable) =>
    loadableParts(table).flatMap(({ directory, files }) =>
      Array.from(files, (f) => ({
        from: `${directory}/snapshots/${tag}/${f.name}`,
        to: `${staged(hostId, directory)}/snapshots/${tag}/${f.name}`,
        bytes: f.bytes,
        checksum: checksumOf(f),
      })),
    ),
  );
}

import type { FoundPart } from '../../domain/backup/backup-check.ts';
import { damagedFiles } from '../../domain/backup/backup-check.ts';
import type { Manifest } from '../../domain/backup/manifest.ts';
import type { Node } from '../../domain/cluster/topology.ts';
import { contentFault, wantedChecksums } from '../../domain/sstables/checksums.ts';
import type { Ports } from '../../ports/ports.ts';
import { checksumRuns } from './checksums.ts';
import type { Reading } from './reading.ts';

/** What is read: the files of a manifest, as they were found. */
export interface Readable {
  readonly manifest: Pick<Manifest, 'tag' | 'tables'>;
  readonly parts: readonly FoundPart[];
}

/**
 * Read every file through that the manifest has a checksum of: of a Data.db Cassandra's own, of the others kassette's.
 * @param reading leaves out what an earlier run has read, and notes how far this one comes
 * @throws FILES_DAMAGED
 */
export async function checkContents(
  { volumes }: Pick<Ports, 'volumes'>,
  node: Node,
  { manifest, parts }: Readable,
  { signal, reading }: { readonly signal?: AbortSignal; readonly reading?: Reading } = {},
): Promise<void> {
  const faults: string[] = [];
  const all = wantedChecksums(manifest, parts);
  const options = { signal, ...reading?.summing };
  for await (const { sums, isWhole } of checksumRuns(volumes, node, reading?.rest(all) ?? all, options)) {
    for (const [file, sum] of sums) {
      const fault = contentFault(file, sum);
      if (fault !== null) faults.push(fault);
    }
    await reading?.read(
      sums.map(([file]) => file),
      { isWhole, isSound: faults.length === 0 },
    );
  }
  if (faults.length > 0) throw damagedFiles(node, faults);
}

import { type FoundPart, withTocsAsFound } from '../backup/backup-check.ts';
import type { Manifest } from '../backup/manifest.ts';
import { filesOf, type ManifestFile } from './file-list.ts';

/** How a file's content is summed up: the CRC-32 that Cassandra keeps of a Data.db, or what POSIX `cksum` says of any file. */
export type ChecksumKind = 'crc32' | 'cksum';

export interface Checksum {
  readonly kind: ChecksumKind;
  /** Decimal. */
  readonly value: string;
}

/** What a file's content must come to. */
export interface WantedChecksum extends Checksum {
  /** Below the volume. */
  readonly path: string;
  /** Of the file. */
  readonly bytes: number;
}

/** What the manifest has of a file's content; null where it has its size only. */
export function checksumOf({ crc, cksum }: ManifestFile): Checksum | null {
  if (crc !== undefined) return { kind: 'crc32', value: crc };
  return cksum === undefined ? null : { kind: 'cksum', value: cksum };
}

/** How many files the manifest has the size of and nothing else. */
export function withoutChecksum({ tables }: Pick<Manifest, 'tables'>): number {
  let count = 0;
  for (const file of filesOf(tables)) if (checksumOf(file) === null) count++;
  return count;
}

/** Of every file that the manifest has a checksum of, unless Cassandra has added to it: a TOC.txt that has grown. */
export function* wantedChecksums(
  { tag, tables }: Pick<Manifest, 'tag' | 'tables'>,
  parts: readonly FoundPart[],
): Generator<WantedChecksum> {
  for (const { parts: own } of withTocsAsFound(tables, parts))
    for (const { directory, files } of own)
      for (const file of files) {
        const checksum = checksumOf(file);
        const path = `${directory}/snapshots/${tag}/${file.name}`;
        if (checksum !== null) yield { path, bytes: file.bytes, ...checksum };
      }
}

/** What is wrong with a file, in words; null where it is as it was. */
export function contentFault(
  { path, kind, value }: Omit<WantedChecksum, 'bytes'>,
  found: string | undefined,
): string | null {
  if (found === value) return null;
  return `${path} has the ${kind === 'crc32' ? 'CRC-32' : 'checksum'} ${found} instead of ${value}`;
}

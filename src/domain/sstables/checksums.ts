import { type FoundPart, withTocsAsFound } from '../backup/backup-check.ts';
import type { Manifest, ManifestFile } from '../backup/manifest.ts';

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
}

/** What the manifest has of a file's content; null where it has its size only. */
export function checksumOf({ crc, cksum }: ManifestFile): Checksum | null {
  if (crc !== undefined) return { kind: 'crc32', value: crc };
  return cksum === undefined ? null : { kind: 'cksum', value: cksum };
}

/** How many files the manifest has the size of and nothing else. */
export function withoutChecksum({ tables }: Pick<Manifest, 'tables'>): number {
  const files = tables.flatMap((t) => t.parts.flatMap((p) => p.files));
  return files.filter((f) => checksumOf(f) === null).length;
}

/** Of every file that the manifest has a checksum of, unless Cassandra has added to it: a TOC.txt that has grown. */
export function wantedChecksums(
  { tag, tables }: Pick<Manifest, 'tag' | 'tables'>,
  parts: readonly FoundPart[],
): readonly WantedChecksum[] {
  return withTocsAsFound(tables, parts).flatMap((table) =>
    table.parts.flatMap(({ directory, files }) =>
      files.flatMap((file) => {
        const checksum = checksumOf(file);
        return checksum === null ? [] : [{ path: `${directory}/snapshots/${tag}/${file.name}`, ...checksum }];
      }),
    ),
  );
}

/** What is wrong with a file, in words; null where it is as it was. */
export function contentFault(
  { path, kind, value }: WantedChecksum,
  found: string | undefined,
): string | null {
  if (found === value) return null;
  return `${path} has the ${kind === 'crc32' ? 'CRC-32' : 'checksum'} ${found} instead of ${value}`;
}

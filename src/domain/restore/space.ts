import type { Manifest, ManifestTable } from '../backup/manifest.ts';
import { KassetteError } from '../errors.ts';
import { userTables } from './restore-plan.ts';

/** How much room there is for what goes into one data directory. */
export interface Space {
  /** Relative to the volume, absolute where it lies outside. */
  readonly directory: string;
  /** The same for directories of one file system, which share what is free. */
  readonly device: string;
  readonly freeBytes: number;
}

/** What is free on one node. */
export interface Room {
  /** In the file system of the volume. */
  readonly freeBytes: number;
  /** One for each data directory. */
  readonly space: readonly Space[];
}

/** Bytes that a restore writes, and where. */
export interface Needs {
  /** What Cassandra rewrites of files, by the table's directory. */
  readonly written: readonly { readonly directory: string; readonly bytes: number }[];
  /** Copied into the volume first; null where that is not a part of it. */
  readonly copied: number | null;
  /** What is to stay free in every file system. */
  readonly reserveBytes: number;
}

/** That the volume, and every other file system with data directories, has room for the restore. @throws NO_SPACE */
export function checkRoom(name: string, { freeBytes, space }: Room, needs: Needs): void {
  const own = space.find((s) => !s.directory.startsWith('/'));
  const deviceOf = (directory: string) =>
    space.find((s) => directory.startsWith(`${s.directory}/`))?.device ?? own?.device;
  const bytesOn = (device: string | undefined) =>
    needs.written.filter((w) => deviceOf(w.directory) === device).reduce((n, w) => n + w.bytes, 0);
  const others = space.filter((s) => s.directory.startsWith('/') && s.device !== own?.device);
  const systems = [
    { called: `The volume of ${name}`, device: own?.device, freeBytes, copied: needs.copied },
    ...[...new Map(others.map((s) => [s.device, s])).values()].map(({ directory, device, freeBytes }) => ({
      ...{ called: `Data directory ${directory} of ${name}`, device, freeBytes, copied: null },
    })),
  ];
  for (const { called, device, freeBytes, copied } of systems) {
    const written = bytesOn(device);
    const needed = written + (copied ?? 0) + needs.reserveBytes;
    if (freeBytes >= needed) continue;
    throw new KassetteError(
      'NO_SPACE',
      `${called} has ${freeBytes} bytes free; the restore needs ${needed} (${copied === null ? '' : `${copied} to copy, `}${written} for indexes, views and statistics, ${needs.reserveBytes} in reserve).`,
      'Nothing was changed. Remove old snapshots, enlarge the volume, or lower `--reserve`.',
    );
  }
}

/**
 * What a restore rewrites: Statistics.db of every SSTable (Cassandra rewrites it when it loads one), and the secondary indexes
 * (rebuilt). Links take no room.
 * @param views that are built from their tables: each takes about what its files take in the backup
 */
export function rewritten(
  tables: readonly ManifestTable[],
  views: readonly ManifestTable[] = [],
): Needs['written'] {
  const isRewritten = (name: string) => name.startsWith('.') || name.endsWith('-Statistics.db');
  const sums = (of: readonly ManifestTable[], counts: (name: string) => boolean) =>
    of
      .flatMap((t) => t.parts)
      .map(({ directory, files }) => {
        let bytes = 0;
        for (const f of files) if (counts(f.name)) bytes += f.bytes;
        return { directory, bytes };
      });
  return [...sums(tables, isRewritten), ...sums(views, () => true)];
}

/** Whether a copy of a volume that loses hard links is too big for the volume: what is linked is in it once more. */
export function isCramped({
  sharedBytes,
  freeBytes,
}: {
  readonly sharedBytes: number;
  readonly freeBytes: number;
}): boolean {
  return sharedBytes > freeBytes;
}

/** For a whole restore. @param rebuilt whether a view is built from its table @throws NO_SPACE */
export function checkSpace(
  { name }: { readonly name: string },
  manifest: Pick<Manifest, 'tables'>,
  room: Room,
  reserveBytes: number,
  rebuilt: (table: ManifestTable) => boolean = () => false,
): void {
  const tables = userTables(manifest);
  const written = rewritten(
    tables.filter((t) => !rebuilt(t)),
    tables.filter(rebuilt),
  );
  checkRoom(name, room, { written, copied: null, reserveBytes });
}

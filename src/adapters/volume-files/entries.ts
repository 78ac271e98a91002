import { type Dirent, promises as fs, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { KassetteError } from '../../domain/errors.ts';

/** A directory's entries by name; none where there is no such directory. @throws VOLUME_FILES */
export async function entriesOf(path: string): Promise<readonly Dirent[]> {
  const entries = await orNone(path, () => fs.readdir(path, { withFileTypes: true }));
  return (entries ?? []).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Null where the file is not there. @throws VOLUME_FILES for any other failure */
export async function orNone<T>(path: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return null;
    throw failed(path, error);
  }
}

/** @throws VOLUME_FILES */
export async function orFail<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(path, error);
  }
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

export function failed(path: string, cause: unknown): KassetteError {
  if (cause instanceof KassetteError) return cause;
  return new KassetteError(
    'VOLUME_FILES',
    `${path}: ${cause instanceof Error ? cause.message : String(cause)}${ownership(path, cause)}`,
    HINTS[codeOf(cause)] ??
      'Look for input/output errors and rights in the volume; then run the same command again.',
    { cause },
  );
}

/** Whose the file is and who this is, where that is what the failure is about; of the nearest directory where it cannot be seen. */
function ownership(path: string, cause: unknown): string {
  if (!['EACCES', 'EPERM'].includes(codeOf(cause)) || process.geteuid === undefined) return '';
  const { uid, gid, of } = ownerOf(path) ?? {};
  if (of === undefined) return '';
  const groups = [...new Set([process.getegid?.(), ...(process.getgroups?.() ?? [])])].join(', ');
  return `. ${of === path ? 'It' : of} belongs to user ${uid} and group ${gid}; this process is user ${process.geteuid()} in groups ${groups}`;
}

function ownerOf(
  path: string,
): { readonly uid: number; readonly gid: number; readonly of: string } | undefined {
  try {
    const { uid, gid } = lstatSync(path);
    return { uid, gid, of: path };
  } catch {
    const parent = dirname(path);
    return parent === path ? undefined : ownerOf(parent);
  }
}

const OWNER =
  "Run the same command again as the user that owns Cassandra's files, or in their group where that may write them: on Kubernetes with `--job-user UID:GID`.";

const HINTS: Readonly<Record<string, string>> = {
  EACCES: OWNER,
  EPERM: OWNER,
  EXDEV: 'The whole directory must be one file system: kassette links files and copies none.',
  EROFS: 'Mount the volume for writing, then run the same command again.',
  ENOSPC:
    'Links and directories need some space and inodes. Enlarge the volume, then run the same command again.',
};

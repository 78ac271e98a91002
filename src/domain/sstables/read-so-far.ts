import { createHash } from 'node:crypto';
import { z } from 'zod';

const count = z.int().nonnegative();

/** How far a node's part of a backup was read through, every file of it as its manifest says, by a run that has not ended. */
const readSoFar = z.readonly(
  z.object({
    /** What is read, and what for: see `subjectOf`. */
    of: z.string(),
    /** When the first of the runs began that have read it, and when this was noted; ISO 8601. */
    since: z.iso.datetime(),
    at: z.iso.datetime(),
    /** Files in the manifest's order, the path of the last one, and the bytes of all of them. */
    files: count,
    last: z.string(),
    bytes: count,
    /** Of the file behind that its first bytes, and their CRC-32. */
    begun: z.readonly(z.object({ path: z.string(), bytes: count, crc: count })).nullable(),
  }),
);
export type ReadSoFar = z.infer<typeof readSoFar>;
export type BegunFile = NonNullable<ReadSoFar['begun']>;

/** Disks rot: what was read longer ago is read again. */
export const READ_FOR_MS = 24 * 3_600_000;

/** A check of a backup, and the beginning of a restore: one does not count for the other. */
export type ReadFor = 'verify' | 'restore';

/** The same for the same tables of the same manifest, read for the same. */
export function subjectOf(
  purpose: ReadFor,
  manifestSha256: string,
  tables: readonly { readonly id: string }[],
): string {
  const hash = createHash('sha256').update(`${purpose} ${manifestSha256}\n`);
  for (const { id } of tables) hash.update(`${id}\n`);
  return hash.digest('hex');
}

export function renderReadSoFar(value: ReadSoFar): string {
  return `${JSON.stringify(value)}\n`;
}

/** What may be taken over of it; null where it is of something else, too old, of a clock that is ahead, or no such text at all. */
export function takeOver(text: string | null, of: string, now: Date): ReadSoFar | null {
  const found = readSoFar.safeParse(parsed(text));
  if (!found.success || found.data.of !== of) return null;
  const age = now.getTime() - Date.parse(found.data.at);
  return age >= 0 && age <= READ_FOR_MS ? found.data : null;
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

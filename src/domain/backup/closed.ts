import { z } from 'zod';
import { type OpenBackup, type PastBackup, pastBackup, type Runner } from './opening.ts';

/**
 * `kassette/closed.json`, in every volume before anything of the backup is removed: it was whole until then. A removal that was
 * interrupted is finished by it, and a hook that is run again finds that its work is done. The next before-backup removes it.
 */
const closedRecord = z.readonly(
  z.object({
    version: z.literal(1),
    tag: z.string(),
    closedAt: z.iso.datetime(),
    /** Of the run that made it. */
    run: z.string().nullable(),
    /** Who closed it. */
    by: z.readonly(z.object({ run: z.string().nullable(), hook: z.boolean() })),
    /** Whether it stays in the volumes, as a base of the archived log. */
    retained: z.boolean().default(false),
    past: z.array(pastBackup).default([]),
    /** The namespaces that had ended, each with its run, where those of several shared it. */
    ended: z.array(z.object({ namespace: z.string(), run: z.string().nullable() })).optional(),
  }),
);
export type ClosedRecord = z.infer<typeof closedRecord>;

/** So long Kasten may still repeat a hook that was interrupted. */
const REPEATED_WITHIN_MS = 3_600_000;

export function recordOf({ tag, run, keep, past }: OpenBackup, by: Runner, now: Date): ClosedRecord {
  const { run: closer, hook } = by;
  const closedAt = now.toISOString();
  return { version: 1, tag, closedAt, run, by: { run: closer, hook }, retained: keep > 1, past: [...past] };
}

export function renderClosed(record: ClosedRecord): string {
  return `${JSON.stringify(record)}\n`;
}

function parseClosed(text: string | null): ClosedRecord | null {
  try {
    return closedRecord.safeParse(JSON.parse(text ?? '')).data ?? null;
  } catch {
    return null;
  }
}

/** The record that all of these volumes have; one that some lack was being removed when a later backup began. */
export function closedIn(volumes: readonly { readonly closed: string | null }[]): ClosedRecord | null {
  const [first, ...others] = volumes.map((v) => parseClosed(v.closed));
  if (first === undefined || first === null) return null;
  return others.every((o) => o?.tag === first.tag) ? first : null;
}

/** Whether the removal of the closed backup was interrupted and may be continued by a hook that nothing identifies. */
export function isBeingClosed(record: ClosedRecord, tagsLeft: readonly string[], now: Date): boolean {
  const recent = now.getTime() < Date.parse(record.closedAt) + REPEATED_WITHIN_MS;
  return record.run === null && record.by.hook && recent && tagsLeft.includes(record.tag);
}

/** Whether that end was the work of its own run. */
export function closedByOwn({ run, by }: ClosedRecord): boolean {
  return run === null ? by.run === null : run === by.run;
}

export function pastOfClosed(record: ClosedRecord): readonly PastBackup[] {
  const { tag, run, past, ended } = record;
  if (ended !== undefined) {
    const runs = new Set(ended.flatMap((e) => e.run ?? []));
    return [...past, ...[...runs].map((own): PastBackup => ({ tag, run: own, state: 'closed' }))];
  }
  if (run === null) return past;
  return [...past, { tag, run, state: closedByOwn(record) ? 'closed' : 'given-up' }];
}

import { z } from 'zod';

/**
 * `kassette/attempts/<id>.json` in one volume: a before-backup of a hook that nothing identifies has begun and not come to a
 * backup. The failure hook that follows it must not take a backup of another run for its own.
 */
const attemptForm = z.object({ version: z.literal(1), startedAt: z.iso.datetime() });

/** Kasten runs the failure hook by then. */
const EXPIRES_AFTER_MS = 3_600_000;

export interface Attempt {
  readonly id: string;
  readonly startedAt: Date;
}

/** Why a failure hook that nothing identifies leaves a backup alone. */
export function afterAttempt({ startedAt }: Attempt): string {
  return `a before-backup that began at ${startedAt.toISOString()} has failed, and this may be its failure hook`;
}

export function renderAttempt(startedAt: Date): string {
  return `${JSON.stringify({ version: 1, startedAt: startedAt.toISOString() })}\n`;
}

/** Those that are still relevant, oldest first, and the ids of the others. */
export function sortAttempts(
  found: readonly { readonly id: string; readonly text: string }[],
  now: Date,
): { readonly fresh: readonly Attempt[]; readonly expired: readonly string[] } {
  const fresh: Attempt[] = [];
  const expired: string[] = [];
  for (const { id, text } of found) {
    const startedAt = parse(text);
    if (startedAt !== null && now.getTime() < startedAt.getTime() + EXPIRES_AFTER_MS)
      fresh.push({ id, startedAt });
    else expired.push(id);
  }
  return { fresh: fresh.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime()), expired };
}

function parse(text: string): Date | null {
  try {
    const { data } = attemptForm.safeParse(JSON.parse(text));
    return data === undefined ? null : new Date(data.startedAt);
  } catch {
    return null;
  }
}

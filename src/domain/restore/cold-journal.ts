import { z } from 'zod';
import { isTag } from '../backup/tag.ts';
import { autoSnapshot } from '../backup/untrusted.ts';

/**
 * How far a cold restore of one volume has come, at `kassette/<tag>/cold.json`.
 * `replacing`: live files may be aside and links half made; everything is done again. `restored`: every file is in its
 * place, and what Cassandra did on the volume since is not looked at.
 */
const coldJournal = z.readonly(
  z
    .object({
      version: z.literal(1),
      tag: z.string().refine(isTag),
      stage: z.enum(['replacing', 'restored']),
      /** Of this run, the first one being 1: each has a directory of its own for what it moves aside. */
      run: z.int().positive(),
      startedAt: z.iso.datetime(),
      restoredAt: z.iso.datetime().nullable(),
      /** Whether what was moved aside stays when all is verified. */
      keepDisplaced: z.boolean(),
      /** What the journal of an interrupted warm restore kept, which gives way to this one; null where there was none. */
      automatic: z.array(autoSnapshot).nullable().default(null),
      /** Tables and views of users, files of these and of system tables, and the files' bytes. */
      tables: z.number(),
      files: z.number(),
      bytes: z.number(),
    })
    // In volumes the field keeps its older name: what one version began, another one ends.
    .transform(({ automatic, ...rest }) => ({ ...rest, autoSnapshots: automatic })),
);

export type ColdJournal = z.infer<typeof coldJournal>;

/** Null where there is none, or none that can be read: the cold restore then starts from the beginning. */
export function parseColdJournal(text: string | null): ColdJournal | null {
  if (text === null) return null;
  try {
    return coldJournal.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export function renderColdJournal({ autoSnapshots, ...rest }: ColdJournal): string {
  return `${JSON.stringify({ ...rest, automatic: autoSnapshots })}\n`;
}

/**
 * The journal of a cold restore that has come to its end with this backup, if the volume is still what that made of it.
 * Whichever restore begins, warm or cold, removes the other's journal: no clock is needed to know which was the last.
 */
export function restoredColdBy({
  cold,
  journal,
}: {
  readonly cold: { readonly value: ColdJournal | null } | null;
  readonly journal: unknown;
}): ColdJournal | null {
  return cold?.value?.stage === 'restored' && journal === null ? cold.value : null;
}

/** When the last one of these was restored. */
export function lastOf(colds: readonly ColdJournal[]): string {
  return colds.map((c) => c.restoredAt ?? '').reduce((a, b) => (a > b ? a : b), '');
}

/** Where a run moves live files to, below the volume. `kept-` is never removed by kassette. */
export function displacedDirectory({ tag, run, keepDisplaced }: Omit<ColdJournal, 'stage'>): string {
  return `kassette/${keepDisplaced ? 'kept' : 'displaced'}-${tag}/${run}`;
}

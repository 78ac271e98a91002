import { z } from 'zod';
import { isTag } from '../backup/tag.ts';
import { KassetteError } from '../errors.ts';
import { hint, kassette } from '../hint.ts';

/** Below a volume: how far a rewind of it has come. */
export const JOURNAL = 'kassette/rewind.json';
/** What a rewind keeps until it is accepted. */
export const HOME = 'kassette/rewind';
/** Live files as they were before, under their own paths. */
export const BEFORE = `${HOME}/before`;
/** The archive as it was before. */
export const SEGMENTS = `${HOME}/segments`;
/** The commit log of the process that replays. */
export const REPLAY_LOG = `${HOME}/log`;
/** On its way to be removed. */
export const DISCARDED = `${HOME}/discarded`;
/** When the database was last set back: what is in the volume of before is of another history. */
export const REWOUND = 'kassette/rewound.json';

/**
 * The stages of one volume. What each run does in one of them may be done again.
 * `begun`: nothing of it was changed, and nodes may be stopped. `setting-aside`: live files go to `BEFORE`; some may be in their places. `replaying`: all of them are there, and what is in their
 * places is the rewind's: it is made again from the beginning. `rewound`: it is whole. `running`: all nodes were started since. `clearing`: an undo removes what the rewind has made. `putting-back`:
 * that is gone, and files go back to their places. `put-back`: all are there. `accepted`: what was kept is being removed.
 */
const STAGES = [
  ...(['begun', 'setting-aside', 'replaying', 'rewound', 'running'] as const),
  ...(['clearing', 'putting-back', 'put-back', 'accepted'] as const),
] as const;
export type Stage = (typeof STAGES)[number];

const journal = z.readonly(
  z.object({
    version: z.literal(1),
    stage: z.enum(STAGES),
    /** The second that is meant. */
    to: z.iso.datetime(),
    /** Of the backup on which the log is replayed. */
    tag: z.string().refine(isTag),
    startedAt: z.iso.datetime(),
    rewoundAt: z.iso.datetime().nullable(),
    /** The text of `REWOUND` until then. */
    earlier: z.string().nullable(),
  }),
);
export type RewindJournal = z.infer<typeof journal>;

/** Whether a rewind may have changed something of the volume. */
export function isTouched(journal: RewindJournal | null): boolean {
  return journal !== null && journal.stage !== 'begun';
}

/** Whether the volume is that of the target. */
export function isWhole(journal: RewindJournal | null): boolean {
  return journal?.stage === 'rewound' || journal?.stage === 'running';
}

export function renderRewindJournal(value: RewindJournal): string {
  return `${JSON.stringify(value)}\n`;
}

/** @throws MANIFEST_DAMAGED for a text that cannot be read: what it says of the volume must not be guessed */
export function parseRewindJournal(volume: string, text: string | null): RewindJournal | null {
  if (text === null) return null;
  const value = parsed(text);
  if (value !== null) return value;
  throw new KassetteError(
    'MANIFEST_DAMAGED',
    `${JOURNAL} on ${volume} cannot be read: a rewind of it has begun, and how far it has come is not known.`,
    `Nothing was changed. The files of before are below ${HOME}; restore the volumes from a restore point if they cannot be put back.`,
  );
}

function parsed(text: string): RewindJournal | null {
  try {
    return journal.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

const rewound = z.readonly(
  z.object({ version: z.literal(1), at: z.iso.datetime(), to: z.iso.datetime(), tag: z.string() }),
);

export function renderRewound({ to, tag }: RewindJournal, at: string): string {
  return `${JSON.stringify({ version: 1, at, to, tag })}\n`;
}

/** When the volume was last set back, ISO 8601; null where it was not. */
export function rewoundAt(text: string | null): string | null {
  try {
    return rewound.safeParse(JSON.parse(text ?? '')).data?.at ?? null;
  } catch {
    return null;
  }
}

/**
 * That no rewind of the volume is under way: nodes are stopped for it, or have not all been started on what it has made.
 * @throws REWIND_PENDING, MANIFEST_DAMAGED
 */
export function refuseWhileRewinding(volume: string, text: string | null): void {
  const found = parseRewindJournal(volume, text);
  if (found === null || found.stage === 'running' || found.stage === 'accepted') return;
  throw rewindPending(volume, found);
}

export function rewindPending(volume: string, { to, stage }: RewindJournal): KassetteError {
  const isUndo = stage === 'clearing' || stage === 'putting-back' || stage === 'put-back';
  return new KassetteError(
    'REWIND_PENDING',
    `A rewind of ${volume} to ${to} ${isUndo ? 'is being undone' : 'has begun'} and not ended.`,
    isUndo
      ? hint`Nothing was changed. Run ${kassette('rewind', '--undo')} again: it continues.`
      : hint`Nothing was changed. Run ${kassette('rewind', '--to', to)} again: it continues; or ${kassette('rewind', '--undo')} to have the state before it.`,
  );
}

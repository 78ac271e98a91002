import { z } from 'zod';
import { type FoundNote, writerOf } from '../k8ssandra/note.ts';
import { tagTime } from './tag.ts';

/** A backup is open from before-backup until after-backup. So long it takes at most to copy the volumes. */
export const ABANDON_AFTER_MS = 24 * 3_600_000;
/** More ends of earlier backups need not be remembered: only a late or repeated hook asks for them. */
const REMEMBERED = 8;

/** A backup that made way for a later one: whose it was, and whether its own run had closed it. */
export const pastBackup = z.readonly(
  z.object({ tag: z.string(), run: z.string(), state: z.enum(['closed', 'given-up']) }),
);
export type PastBackup = z.infer<typeof pastBackup>;

const opening = z.readonly(
  z.object({
    openedAt: z.iso.datetime(),
    /** From then on the next before-backup may remove it. */
    abandonedAt: z.iso.datetime(),
    /** What identifies the policy's run to all of its hooks (`--run`); null where nothing does. */
    run: z.string().nullable(),
    /** Whether a blueprint's hook made it, or a person. */
    hook: z.boolean(),
    /** How many backups stay in the volumes when it is closed, itself included; 1: none does. Older markers do not say. */
    keep: z.int().min(1).default(1),
    past: z.array(pastBackup),
    /** Namespaces whose hooks share it, where those of several do: it is closed when all of them have ended. */
    expected: z.array(z.string()).optional(),
  }),
);
/** Who made a backup and how long it is kept for its copies; a part of the complete marker. */
export type Opening = z.infer<typeof opening>;

/** Of markers of earlier releases there is none. */
export const optionalOpening = opening.optional().catch(undefined);

/** Who runs a command. */
export interface Runner {
  readonly run: string | null;
  readonly hook: boolean;
}

export interface OpenBackup extends Opening {
  readonly tag: string;
  /** What identifies the runs of the namespaces that have joined it; left out where none has. */
  readonly joinedBy?: readonly string[];
}

/** What of a volume says whether a backup in it is open. */
export interface OpenableVolume {
  readonly backups: readonly {
    readonly tag: string;
    readonly complete: boolean;
    readonly marker: string | null;
    readonly notes?: readonly FoundNote[];
    /** Null where no restore has begun with it. */
    readonly journal: unknown;
    readonly cold: unknown;
  }[];
}

/** Backups that are complete in all of these volumes and of which no restore has begun. */
export function openBackups(volumes: readonly OpenableVolume[]): readonly OpenBackup[] {
  const [first] = volumes;
  return (first?.backups ?? [])
    .filter(({ tag }) =>
      volumes.every(({ backups }) =>
        backups.some((b) => b.tag === tag && b.complete && b.journal === null && b.cold === null),
      ),
    )
    .map(({ tag, marker }) => ({ tag, ...openingIn(tag, marker), ...joinersOf(tag, volumes) }));
}

function joinersOf(tag: string, volumes: readonly OpenableVolume[]): Pick<OpenBackup, 'joinedBy'> {
  const notes = volumes.flatMap((v) => v.backups.find((b) => b.tag === tag)?.notes ?? []);
  const runs = notes.filter((n) => n.kind === 'joined').map((n) => writerOf(n)?.run ?? null);
  const known = [...new Set(runs.filter((run) => run !== null))].toSorted();
  return known.length === 0 ? {} : { joinedBy: known };
}

/** What the marker says; of one that says nothing, what follows from the tag. */
export function openingIn(tag: string, marker: string | null): Opening {
  const said = parseMarker(marker);
  if (said !== undefined) return said;
  const at = tagTime(tag) ?? new Date(0);
  return openingOf(at, ABANDON_AFTER_MS, { run: null, hook: true }, []);
}

export function openingOf(
  at: Date,
  abandonAfterMs: number,
  { run, hook }: Runner,
  past: readonly PastBackup[],
  keep = 1,
  expected?: readonly string[],
): Opening {
  return {
    openedAt: at.toISOString(),
    abandonedAt: new Date(at.getTime() + abandonAfterMs).toISOString(),
    ...{ run, hook, keep, past: past.slice(-REMEMBERED) },
    ...(expected === undefined ? {} : { expected: [...expected] }),
  };
}

function parseMarker(text: string | null): Opening | undefined {
  try {
    return z.object({ opened: optionalOpening }).safeParse(JSON.parse(text ?? '')).data?.opened;
  } catch {
    return undefined;
  }
}

/** Only equality counts: that two hooks of one run are given the same identity was observed, Kasten does not promise it. */
export function isOwn(backup: OpenBackup, { run, hook }: Runner): boolean {
  return run === null ? backup.run === null && backup.hook === hook : backup.run === run;
}

export function isAbandoned({ abandonedAt }: Opening, now: Date): boolean {
  return now.getTime() >= Date.parse(abandonedAt);
}

/** What the next backup's marker says of this one, for a late hook of its run. */
export function pastOf(
  { tag, run, past, joinedBy = [] }: OpenBackup,
  state: PastBackup['state'],
): readonly PastBackup[] {
  const runs = new Set(run === null ? joinedBy : [run, ...joinedBy]);
  return [...past, ...[...runs].map((own) => ({ tag, run: own, state }))];
}

export function whose({ run, hook }: Runner): string {
  if (run !== null) return `by run ${run}`;
  return hook ? 'by a hook' : 'by hand';
}

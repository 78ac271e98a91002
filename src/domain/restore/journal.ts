import { z } from 'zod';
import { isTag } from '../backup/tag.ts';
import { autoSnapshot, line } from '../backup/untrusted.ts';
import { linked } from '../sstables/left-links.ts';

/**
 * How far a restore has come, in each volume at `kassette/<tag>/restore.json`.
 * `replacing`: live data may be gone; everything must be done again, from the snapshots, which are untouched.
 * `loaded`: the data are the backup's, on all nodes; only the tidying is left, which may have taken snapshots away.
 */
const journal = z.readonly(
  z
    .object({
      version: z.literal(1),
      tag: z.string().refine(isTag),
      stage: z.enum(['replacing', 'loaded']),
      startedAt: z.iso.datetime(),
      /** Automatic snapshots that were there before the restore made any: not kassette's to remove. */
      automatic: z.array(autoSnapshot),
      /** Those that came while it was at work, as of when all was loaded: kassette's to remove. What users cause later is not among them. */
      caused: z.array(autoSnapshot).optional(),
      /** Tables and views, `keyspace.name`, that it empties or drops, where others stay (`--keep-extra`): automatic snapshots of these are not its own. */
      emptied: z.array(line).optional(),
      /** Objects that this restore recreates, or an interrupted run of it has: they lost their permissions. */
      made: z.array(line),
      /** Tables, quoted, that were written to before all was loaded. */
      writtenTo: z.array(line).default([]),
      /** Views, `keyspace.name`, that nodes may still be building from their tables when all is loaded. */
      building: z.array(line).optional(),
      /** What is linked in this volume. */
      links: linked.optional(),
      /** What the restore loads, over all nodes. */
      tables: z.number(),
      files: z.number(),
      bytes: z.number(),
    })
    // In volumes the fields keep these older names: what one version began, another one ends.
    .transform(({ automatic, made, writtenTo, ...rest }) => ({
      ...rest,
      autoSnapshots: automatic,
      recreated: made,
      concurrentWrites: writtenTo,
    })),
);

export type Journal = z.infer<typeof journal>;

/** Null where there is none, or none that can be read: the restore then starts from the beginning, which is always right. */
export function parseJournal(text: string | null): Journal | null {
  return parse(journal, text);
}

export function renderJournal({ autoSnapshots, recreated, concurrentWrites, ...rest }: Journal): string {
  const renamed = { automatic: autoSnapshots, made: recreated, writtenTo: concurrentWrites };
  return `${JSON.stringify({ ...rest, ...renamed })}\n`;
}

/** `kassette/restored.json`: the last restore of this volume. */
const record = z.readonly(
  z.object({
    version: z.literal(1),
    tag: z.string().refine(isTag),
    restoredAt: z.iso.datetime(),
    /** `cold`: the volume was restored with Cassandra stopped. */
    method: z.enum(['warm', 'cold']).default('warm'),
    /** The node's, when the restore ended. A higher one later: restarted since, so perhaps on another volume's content. */
    gossipGeneration: z.number(),
    tables: z.number(),
    files: z.number(),
    bytes: z.number(),
  }),
);

export type RestoreRecord = z.infer<typeof record>;

export function parseRecord(text: string | null): RestoreRecord | null {
  return parse(record, text);
}

export function renderRecord(value: RestoreRecord): string {
  return `${JSON.stringify(value)}\n`;
}

function parse<T>(schema: z.ZodType<T>, text: string | null): T | null {
  if (text === null) return null;
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

import { z } from 'zod';
import { isTag } from '../backup/tag.ts';
import { autoSnapshot, line } from '../backup/untrusted.ts';
import { type CommandLine, kassette } from '../hint.ts';
import { linked } from '../sstables/left-links.ts';
import { parseSource } from '../transfer/source.ts';

/** A word of the command that a hint names: none that the command would take for an option. */
const argument = line.regex(/^[^-]/);

/** Those that `restore-table` writes down. */
function areOptions(words: readonly string[]): boolean {
  const pairs = words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1] ?? ''] as const] : []));
  return pairs.every(
    ([name, value]) => (name === '--mode' || name === '--as') && argument.safeParse(value).success,
  );
}

/**
 * Restores of single tables that have begun and not ended, in each volume at `kassette/tables.json`. Whatever stage one was
 * killed in, a new run does it all again from the backup, which it never changes; this keeps what it could not find out.
 */
const entry = z.readonly(
  z
    .object({
      /** What makes two runs the same restore: source, tag, mode and names. */
      key: line,
      /** `backup:TAG`, `clones:SUFFIX[,SUFFIX...]` or `path:DIR`. */
      source: line.refine((text) => parseSource(text) !== null),
      tag: z.string().refine(isTag),
      /** The names that were given. */
      tables: z.array(argument),
      /** What else was given that says what happens to live tables: `--mode merge`, `--as NAME`. */
      options: z.array(line).refine(areOptions).default([]),
      startedAt: z.iso.datetime(),
      /** Automatic snapshots that were there before the restore made any: not kassette's to remove. */
      automatic: z.array(autoSnapshot),
      /** Objects that it recreates: they lost their permissions. With `--as` the new ones, so that a new run knows its own. */
      made: z.array(line),
      /** Of tables under another name, `keyspace.name` to id: one of that name that somebody else made is not its own. */
      ids: z.record(z.string(), z.string()).default({}),
      /** What is linked in this volume. */
      links: linked.optional(),
      /** Statements of indexes and views that a merge creates: where the table is there by then, nothing else records them. */
      owed: z.array(z.string()).default([]),
    })
    // In volumes the fields keep these older names: what one version began, another one ends.
    .transform(({ automatic, made, owed, ...rest }) => ({
      ...rest,
      autoSnapshots: automatic,
      recreated: made,
      pendingStatements: owed,
    })),
);
export type TableEntry = z.infer<typeof entry>;

const journal = z.object({ version: z.literal(1), entries: z.array(entry) });

/** Empty where there is none, or none that can be read. */
export function parseTableJournal(text: string | null): readonly TableEntry[] {
  if (text === null) return [];
  try {
    return journal.safeParse(JSON.parse(text)).data?.entries ?? [];
  } catch {
    return [];
  }
}

/** Those that can still end: one whose backup is gone was given up with it. */
export function unended(entries: readonly TableEntry[], tags: readonly string[]): readonly TableEntry[] {
  return entries.filter((e) => !e.source.startsWith('backup:') || tags.includes(e.tag));
}

/** Whether both are about some of the same live tables: `"keyspace"` stands for all of its own. */
export function overlap(entry: TableEntry, tables: readonly string[]): boolean {
  const touches = (a: string, b: string) => a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
  return isInPlace(entry) && entry.tables.some((a) => tables.some((b) => touches(a, b)));
}

/** Whether nothing is left for it to mend once these tables are replaced. */
export function isMootAfter(entry: TableEntry, tables: readonly string[]): boolean {
  return isInPlace(entry) && entry.tables.every((a) => tables.some((b) => a === b || a.startsWith(`${b}.`)));
}

function isInPlace({ options }: TableEntry): boolean {
  return !options.includes('--as');
}

/** Empty text where nothing is left to record. */
export function renderTableJournal(entries: readonly TableEntry[]): string {
  if (entries.length === 0) return '';
  const kept = entries.map(({ autoSnapshots, recreated, pendingStatements, ...rest }) => ({
    ...rest,
    ...{ automatic: autoSnapshots, made: recreated, owed: pendingStatements },
  }));
  return `${JSON.stringify({ version: 1, entries: kept })}\n`;
}

/** The command that goes on with it, word for word: another mode would do something else to the live tables. */
export function commandOf({
  tables,
  source,
  options,
}: Pick<TableEntry, 'tables' | 'source' | 'options'>): CommandLine {
  return kassette('restore-table', ...tables, '--from', source, ...options);
}

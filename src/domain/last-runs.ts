import { z } from 'zod';
import { CATALOGUE, KassetteError } from './errors.ts';

/** How many runs are kept: a policy's hooks of some backups, or a night's attempts. */
export const KEPT_RUNS = 10;
/** Of a message, characters: all runs together stay far below what Kubernetes keeps in annotations (256 KiB). */
const LONGEST_MESSAGE = 300;
/** Of a command, a tag and the like, characters. */
const LONGEST_NAME = 100;
/** Of one run, as it was given them. */
const MOST_DATACENTERS = 5;

/** One run of a command that changes something, or tried to. */
export interface Run {
  /** Random: a run's end is noted where its beginning is. */
  readonly id: string;
  readonly command: string;
  /** Whether a blueprint's hook ran it. */
  readonly hook: boolean;
  /** As they were named; empty for all of the namespace. */
  readonly datacenters: readonly string[];
  /** Of the backup; null where none was named, and none is known. */
  readonly tag: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Null for a run that goes on, was killed, or could not note its end. */
  readonly endedAt: string | null;
  /** Of the catalogue of errors; null where it did what it should, or has not ended. */
  readonly code: string | null;
  /** One line; empty where it has not ended. */
  readonly message: string;
}

const run = z.object({
  ...{ id: z.string(), command: z.string(), hook: z.boolean(), datacenters: z.array(z.string()) },
  ...{ tag: z.string().nullable(), startedAt: z.iso.datetime(), endedAt: z.iso.datetime().nullable() },
  ...{ code: z.string().nullable(), message: z.string() },
});

/**
 * These runs with this one, in place of what was noted of it before; the newest ones, by when they were last heard of, and these first.
 * What was noted of an end stays: a note of its beginning may come late.
 */
export function withRun(runs: readonly Run[], noted: Run): readonly Run[] {
  const before = runs.find((r) => r.id === noted.id);
  const now = before !== undefined && before.endedAt !== null && noted.endedAt === null ? before : noted;
  return newest([plain(now), ...runs.filter((r) => r.id !== noted.id)]);
}

/** What several places have kept of runs, which may have noted themselves in more than one. */
export function joinedRuns(kept: readonly (readonly Run[])[]): readonly Run[] {
  return kept.flat().reduce<readonly Run[]>(withRun, []);
}

function newest(runs: readonly Run[]): readonly Run[] {
  return runs.toSorted((a, b) => lastHeard(b) - lastHeard(a)).slice(0, KEPT_RUNS);
}

const lastHeard = ({ startedAt, endedAt }: Run) => Date.parse(endedAt ?? startedAt);

export function renderRuns(runs: readonly Run[]): string {
  return JSON.stringify(runs);
}

/** What cannot be read is left out: anybody who may write there may have written it, and it is only shown. */
export function parseRuns(text: string): readonly Run[] {
  const parsed = z.array(z.unknown()).safeParse(jsonOf(text));
  const runs = (parsed.data ?? []).flatMap((one) => run.safeParse(one).data ?? []);
  return newest(runs.map(plain));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Nothing in it can move a terminal's cursor, and nothing is longer than is kept. */
function plain(r: Run): Run {
  return {
    ...r,
    id: oneLine(r.id, LONGEST_NAME),
    command: oneLine(r.command, LONGEST_NAME),
    datacenters: r.datacenters.slice(0, MOST_DATACENTERS).map((d) => oneLine(d, LONGEST_NAME)),
    tag: r.tag === null ? null : oneLine(r.tag, LONGEST_NAME),
    code: r.code === null ? null : oneLine(r.code, LONGEST_NAME),
    message: oneLine(r.message, LONGEST_MESSAGE),
  };
}

/**
 * Why a run failed, for a note that many may read. Messages of the catalogue hold no secret; what comes from anywhere else might, and is left
 * to the run's own log.
 */
export function failureOf(error: unknown): Pick<Run, 'code' | 'message'> {
  if (error instanceof KassetteError && error.code !== 'INTERNAL')
    return { code: error.code, message: withoutSecrets(error.message) };
  const kind = error instanceof Error ? ` (${error.name})` : '';
  return { code: 'INTERNAL', message: `${CATALOGUE.INTERNAL.summary}${kind} The log of the run has more.` };
}

/** What a library's words in a message may hold in spite of that. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(\w:\/\/)[^/\s@]+@/g, '$1…@')
    .replace(/\b(Bearer|Basic) [\w.~+/=-]+/gi, '$1 …')
    .replace(/\b(password|passwd|token|secret)(["']?\s*[=:]\s*["']?)[^\s"',;]+/gi, '$1$2…');
}

function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

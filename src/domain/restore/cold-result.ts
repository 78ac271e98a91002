import { z } from 'zod';
import { CATALOGUE, type ErrorCode, KassetteError } from '../errors.ts';
import { unpackPlan } from '../transfer/packed-plan.ts';
import type { ColdPlan } from './cold-plan.ts';

const sums = {
  cluster: z.string(),
  node: z.string(),
  tag: z.string(),
  /** Names of all nodes of the backup. */
  nodes: z.readonly(z.array(z.string())),
  /** `unchanged`: it was restored before; `planned`: a dry run. */
  outcome: z.enum(['restored', 'unchanged', 'planned']),
  seconds: z.number(),
  tables: z.number(),
  files: z.number(),
  bytesLinked: z.number(),
  bytesCopied: z.literal(0),
  /** Files that were moved aside, and where to, below the volume; null where none were. */
  moved: z.number(),
  displaced: z.string().nullable(),
  /** The release that made the backup; none where an older kassette answers. */
  cassandraVersion: z.string().optional(),
};

/** What a cold restore of one volume came to; `clean-volume --output json` prints it. */
export interface ColdResult extends Readonly<z.infer<z.ZodObject<typeof sums>>> {
  /** What was done, or would be; null where nothing was, or where it was not asked for. */
  readonly plan: ColdPlan | null;
}

/** What a run of `clean-volume` printed as JSON: its result, or its error. */
const coldAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: z.object({ ...sums, packedPlan: z.string().optional() }) }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
  }),
]);

/** @throws the error that the run reported; JOB_FAILED where it reported nothing that can be read */
export function parseColdAnswer(volume: string, text: string): ColdResult {
  const answer = coldAnswer.safeParse(jsonOf(text.trim().split('\n').at(-1) ?? ''));
  if (!answer.success) {
    throw new KassetteError(
      'JOB_FAILED',
      `clean-volume on ${volume} ended without an answer: ${text.slice(-300).trim() || '(nothing)'}`,
      'Run the same command again: it does not repeat what is done.',
    );
  }
  if (answer.data.ok) {
    const { packedPlan, ...result } = answer.data.result;
    return { ...result, plan: packedPlan === undefined ? null : unpackPlan(packedPlan) };
  }
  const { code, message, hint } = answer.data.error;
  throw new KassetteError(isCode(code) ? code : 'JOB_FAILED', message, hint);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}

/** How a cold restore is to be made. */
export interface ColdSettings {
  readonly tag: string | undefined;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** With a dry run: every file that it is about. */
  readonly listed: boolean;
  /** What is moved aside stays when all is verified. */
  readonly keepDisplaced: boolean;
  /** `full`: every file that the manifest has a checksum of is read. */
  readonly verify: 'quick' | 'full';
  /** Restore once more, though Cassandra has run on what was restored. */
  readonly again: boolean;
  /** The node must not find the original's others: its memory of them is left out. */
  readonly elsewhere: boolean;
}

/** The settings as options of `clean-volume`. */
export function coldArguments(options: ColdSettings): readonly string[] {
  return [
    ...(options.tag === undefined ? [] : ['--tag', options.tag]),
    ...(options.dryRun ? (options.listed ? ['--dry-run', '--packed'] : ['--check']) : []),
    ...(options.keepDisplaced ? ['--keep-displaced'] : []),
    ...(options.verify === 'full' ? ['--verify', 'full'] : []),
    ...(options.again ? ['--again'] : []),
    ...(options.elsewhere ? ['--elsewhere'] : []),
  ];
}

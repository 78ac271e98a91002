import { z } from 'zod';
import { CATALOGUE, type ErrorCode, KassetteError } from './errors.ts';

/** What a cold restore of one volume came to; `clean-volume --output json` prints it, with the plan besides. */
const coldResult = z.readonly(
  z.object({
    cluster: z.string(),
    node: z.string(),
    tag: z.string(),
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
  }),
);

export type ColdResult = z.infer<typeof coldResult>;

/** What a run of `clean-volume` printed as JSON: its result, or its error. */
const coldAnswer = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), result: coldResult }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
  }),
]);

/** @throws the error that the run told; JOB_FAILED where it told nothing that can be read */
export function parseColdAnswer(volume: string, text: string): ColdResult {
  const answer = coldAnswer.safeParse(jsonOf(text.trim().split('\n').at(-1) ?? ''));
  if (!answer.success) {
    throw new KassetteError(
      'JOB_FAILED',
      `clean-volume on ${volume} ended without an answer: ${text.slice(-300).trim() || '(nothing)'}`,
      'Run the same command again; what is done is not done twice.',
    );
  }
  if (answer.data.ok) return answer.data.result;
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

/** The options of `clean-volume` that say how. */
export function coldArguments(options: {
  readonly tag: string | undefined;
  readonly dryRun: boolean;
  readonly keepDisplaced: boolean;
  readonly verify: 'quick' | 'full';
  readonly again: boolean;
  readonly elsewhere: boolean;
}): readonly string[] {
  return [
    ...(options.tag === undefined ? [] : ['--tag', options.tag]),
    ...(options.dryRun ? ['--check'] : []),
    ...(options.keepDisplaced ? ['--keep-displaced'] : []),
    ...(options.verify === 'full' ? ['--verify', 'full'] : []),
    ...(options.again ? ['--again'] : []),
    ...(options.elsewhere ? ['--elsewhere'] : []),
  ];
}

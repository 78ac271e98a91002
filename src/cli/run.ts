import { z } from 'zod';
import type { RestoreOptions } from '../commands/after-restore/options.ts';
import { CATALOGUE, KassetteError } from '../domain/errors.ts';
import { VERSION } from '../domain/version.ts';
import type { Ports } from '../ports/ports.ts';
import type { Progress } from '../ports/progress.ts';
import type { LogLevel } from './progress/progress.ts';

/** A command's result in both forms, and the exit status where it is not 0. */
export interface Rendered {
  readonly text: string;
  readonly json: unknown;
}

export type Invocation = (ports: Ports, options: RestoreOptions) => Promise<Rendered>;

/** Runs one command: flags in, exit status out. */
export type Run = (name: string, flags: Record<string, unknown>, invocation: Invocation) => Promise<void>;

/** Where the nodes are, and how to talk to them. */
export interface Target {
  readonly directory: string;
  readonly timeoutMs: number;
  readonly level: LogLevel;
}

/** The edges that only the process knows. */
export interface Edge {
  readonly signal: AbortSignal;
  readonly connect: (target: Target, progress: Progress) => Ports;
  readonly progress: (level: LogLevel) => Progress & { end(): void };
  readonly out: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly exit: (status: number) => void;
}

const flagsForm = z.object({
  embedded: z.string().optional(),
  datacenter: z.array(z.string()).default([]),
  output: z.enum(['text', 'json']),
  timeout: z.number(),
  concurrency: z.number(),
  logLevel: z.enum(['silent', 'warn', 'info', 'debug']),
  tag: z.string().optional(),
  keepExtra: z.boolean().default(false),
  verify: z.enum(['quick', 'full']).default('quick'),
  reserve: z.number().default(0),
});

export function runner(edge: Edge): Run {
  return async (name, given, invocation) => {
    const flags = flagsForm.parse(given);
    const progress = edge.progress(flags.logLevel);
    try {
      if (flags.embedded === undefined || flags.embedded === '') throw noTarget();
      const target = { directory: flags.embedded, timeoutMs: flags.timeout, level: flags.logLevel };
      const ports = edge.connect(target, progress);
      const rendered = await invocation(ports, {
        datacenters: flags.datacenter,
        timeoutMs: flags.timeout,
        concurrency: flags.concurrency,
        signal: edge.signal,
        tag: flags.tag,
        keepExtra: flags.keepExtra,
        verify: flags.verify,
        reserveBytes: flags.reserve,
      });
      progress.end();
      const body = { kassette: VERSION, command: name, ok: true, result: rendered.json };
      edge.out(flags.output === 'json' ? JSON.stringify(body) : rendered.text);
    } catch (thrown) {
      progress.end();
      const error = asKassetteError(thrown);
      if (flags.output === 'json') edge.out(JSON.stringify(errorBody(name, error)));
      edge.complain(errorText(error));
      edge.exit(error.exit);
    }
  };
}

function noTarget(): KassetteError {
  return new KassetteError(
    'USAGE',
    'No cluster is named.',
    'Say --embedded DIRECTORY, or set KASSETTE_EMBEDDED; `make demo KEEP=1` leaves such a cluster running.',
  );
}

/** What no catalogue entry foresees is a fault of kassette's own. */
export function asKassetteError(thrown: unknown): KassetteError {
  if (thrown instanceof KassetteError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KassetteError(
    'INTERNAL',
    `Unexpected: ${message}`,
    'Run again with --log-level debug and report what it prints.',
    { cause: thrown },
  );
}

function errorBody(command: string, error: KassetteError) {
  const { code, exit, message, hint } = error;
  return { kassette: VERSION, command, ok: false, error: { code, exit, message, hint } };
}

function errorText(error: KassetteError): string {
  return `error ${error.code} (exit status ${CATALOGUE[error.code].exit}): ${error.message}\nhint: ${error.hint}`;
}

import { z } from 'zod';
import { CATALOGUE, type ErrorCode, KassetteError } from '../domain/errors.ts';
import { VERSION } from '../domain/version.ts';
import type { AfterBackupOptions } from '../engine/closing/options.ts';
import type { RestoreOptions } from '../engine/restore/options.ts';
import type { BeforeBackupOptions } from '../engine/verbs/before-backup.ts';
import type { ColdPorts } from '../engine/verbs/clean-volume.ts';
import type { DoctorOptions } from '../engine/verbs/doctor.ts';
import type { CqlIdentity } from '../ports/cql.ts';
import type { Ports } from '../ports/ports.ts';
import type { Progress } from '../ports/progress.ts';
import { located, type Place } from './located.ts';
import { type Outputs, phaseOutputs } from './phase-outputs.ts';
import type { LogLevel } from './progress/endable.ts';

/** A command's result in both forms, and the exit status where it is not 0. */
export interface Rendered {
  readonly text: string;
  readonly json: unknown;
  /** What a blueprint's action shows; without it nothing but the text. */
  readonly outputs?: Outputs;
  /** Where the command did its work and what it found is a failure all the same. */
  readonly failure?: ErrorCode;
}

/** What the flags of any command come to. */
export type Options = RestoreOptions & DoctorOptions & BeforeBackupOptions & AfterBackupOptions;

export type Invocation = (ports: Ports, options: Options) => Promise<Rendered>;

/** Runs one command: flags in, exit status out. */
export type Run = (name: string, flags: Record<string, unknown>, invocation: Invocation) => Promise<void>;

/** Where the nodes are, and how to talk to them. */
export interface Target {
  /** Directory of an embedded cluster; without it the datacenters of a Kubernetes namespace are meant. */
  readonly embedded: string | undefined;
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** Paths of PEM files for CQL over TLS. */
  readonly cqlTls:
    | { readonly ca: string; readonly cert: string | undefined; readonly key: string | undefined }
    | undefined;
  readonly cqlIdentity: CqlIdentity | undefined;
  readonly via: 'pod-address' | 'port-forward' | undefined;
  /** Whether the command changes anything. */
  readonly changes: boolean;
  /** Whether missing rights are what the command looks for. */
  readonly examines: boolean;
  /** Image of kassette, for what runs as a Job. */
  readonly image: string | undefined;
  /** For that image's registry. */
  readonly pullSecrets: readonly string[];
  readonly timeoutMs: number;
  readonly level: LogLevel;
}

/** The edges that only the process knows. */
export interface Edge {
  readonly signal: AbortSignal;
  readonly connect: (target: Target, progress: Progress) => Promise<Ports>;
  /** For what is done on a directory of this machine. */
  readonly openVolume: (path: string, progress: Progress) => ColdPorts;
  readonly progress: (level: LogLevel) => Progress & { end(): void };
  /** Ask the person at the terminal; false where there is none. */
  readonly confirm: (question: string) => Promise<boolean>;
  readonly out: (text: string) => void;
  readonly complain: (text: string) => void;
  readonly exit: (status: number) => void;
}

/** An empty environment variable is none. */
const orNothing = z
  .string()
  .optional()
  .transform((text) => text || undefined);

/** Commands that take no lease and tell no event. */
const LOOKS_ONLY = ['plan', 'plan restore-table', 'status', 'verify', 'doctor'];

const flagsForm = z.object({
  embedded: orNothing,
  namespace: orNothing,
  kubeconfig: orNothing,
  context: orNothing,
  cqlCa: orNothing,
  cqlCert: orNothing,
  cqlKey: orNothing,
  cqlTlsVerify: z.enum(['auto', 'name', 'ca']).optional(),
  cqlTlsIdentity: z.array(z.string()).default([]),
  cqlVia: z.enum(['pod-address', 'port-forward']).optional(),
  datacenter: z.array(z.string()).default([]),
  output: z.enum(['text', 'json', 'kanister']),
  timeout: z.number(),
  maxWait: z.number().optional(),
  concurrency: z.number(),
  logLevel: z.enum(['silent', 'warn', 'info', 'debug']),
  tag: z.string().optional(),
  method: z.enum(['warm', 'cold']).optional(),
  recover: z.enum(['auto', 'ask', 'never']).default('never'),
  keepDisplaced: z.boolean().default(false),
  elsewhere: z.boolean().default(false),
  image: orNothing,
  imagePullSecret: z.array(z.string()).default([]),
  keepExtra: z.boolean().default(false),
  verify: z.enum(['quick', 'full']).default('quick'),
  reserve: z.number().default(0),
  kastenNamespace: z.string().default('kasten-io'),
  maxAge: z.number().optional(),
  run: orNothing,
  abandonAfter: z.number().optional(),
  close: z.boolean().default(false),
  failed: z.boolean().default(false),
  incomplete: z.boolean().default(false),
});

/** The result as it is printed. */
const FORMS = {
  text: (_, { text }) => text,
  json: (command, { json, failure }) =>
    JSON.stringify({ kassette: VERSION, command, ok: failure === undefined, result: json }),
  kanister: (_, { text, outputs = {} }) => [text, ...phaseOutputs(outputs)].join('\n'),
} as const satisfies Record<string, (command: string, rendered: Rendered) => string>;

export function runner(edge: Omit<Edge, 'openVolume'>): Run {
  return async (name, given, invocation) => {
    const flags = flagsForm.parse(given);
    await telling(edge, name, flags, async (progress) =>
      invocation(await connecting(edge, name, given, progress), {
        datacenters: flags.datacenter,
        timeoutMs: flags.timeout,
        maxWaitMs: flags.maxWait,
        concurrency: flags.concurrency,
        signal: edge.signal,
        tag: flags.tag,
        method: flags.method,
        recover: flags.recover,
        confirm: edge.confirm,
        keepDisplaced: flags.keepDisplaced,
        elsewhere: flags.elsewhere,
        keepExtra: flags.keepExtra,
        verify: flags.verify,
        reserveBytes: flags.reserve,
        kastenNamespace: flags.kastenNamespace,
        maxAgeMs: flags.maxAge,
        run: flags.run,
        hook: flags.output === 'kanister',
        abandonAfterMs: flags.abandonAfter,
        ...{ close: flags.close, failed: flags.failed, incomplete: flags.incomplete },
      }),
    );
  };
}

/** The ports to what the flags name. */
export async function connecting(
  edge: Pick<Edge, 'connect'>,
  name: string,
  given: Record<string, unknown>,
  progress: Progress,
): Promise<Ports> {
  const flags = flagsForm.parse(given);
  const { embedded, namespace, kubeconfig, context, cqlVia, cqlCa: ca, cqlCert: cert, cqlKey: key } = flags;
  const target = {
    ...{ embedded, namespace, kubeconfig, context },
    via: cqlVia,
    cqlTls: ca === undefined ? undefined : { ca, cert, key },
    cqlIdentity: identityOf(flags),
    changes: !LOOKS_ONLY.includes(name),
    examines: name === 'doctor',
    image: flags.image,
    pullSecrets: flags.imagePullSecret,
    timeoutMs: flags.timeout,
    level: flags.logLevel,
  };
  return edge.connect(target, progress);
}

function identityOf({ cqlTlsVerify: verify, cqlTlsIdentity: names }: z.infer<typeof flagsForm>) {
  return verify === undefined && names.length === 0 ? undefined : { verify: verify ?? 'auto', names };
}

/** Do the work of a command, print its result or its error in the form asked for, and set the exit status. */
export async function telling(
  edge: Pick<Edge, 'progress' | 'out' | 'complain' | 'exit'>,
  name: string,
  flags: Place & { readonly output: keyof typeof FORMS; readonly logLevel: LogLevel },
  work: (progress: Progress) => Promise<Rendered>,
): Promise<void> {
  const { output, logLevel } = flags;
  const progress = edge.progress(logLevel);
  const here = (text: string) => located(text, flags);
  try {
    const rendered = await work({
      step: (title, part) => progress.step(title, part),
      warn: (message) => progress.warn(here(message)),
    });
    progress.end();
    edge.out(here(FORMS[output](name, rendered)));
    if (rendered.failure !== undefined) edge.exit(CATALOGUE[rendered.failure].exit);
  } catch (thrown) {
    progress.end();
    const error = asKassetteError(thrown);
    if (output === 'json') edge.out(here(JSON.stringify(errorBody(name, error))));
    edge.complain(here(errorText(error)));
    edge.exit(error.exit);
  }
}

/** What no catalogue entry foresees is a fault of kassette's own. */
export function asKassetteError(thrown: unknown): KassetteError {
  if (thrown instanceof KassetteError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KassetteError(
    'INTERNAL',
    `Unexpected: ${message}`,
    'Run the command again with --log-level debug and report what it prints.',
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

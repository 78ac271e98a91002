import { CATALOGUE, KassetteError } from '../domain/errors.ts';
import type { JobSettings } from '../domain/jobs/settings.ts';
import type { Access } from '../domain/rights.ts';
import { VERSION } from '../domain/version.ts';
import { noted } from '../engine/noted.ts';
import type { ColdPorts } from '../engine/verbs/clean-volume.ts';
import type { CqlIdentity } from '../ports/cql.ts';
import type { Ports } from '../ports/ports.ts';
import type { Progress } from '../ports/progress.ts';
import type {
  ClusterCommand,
  Descriptor,
  FindK8ssandra,
  FindSecrets,
  PrintCommand,
  Rendered,
  RunContext,
  Say,
  SwitchArchiving,
} from './descriptor.ts';
import type { CommonFlags, FLAGS, JOB_FLAGS } from './flags/catalogue.ts';
import { type Contexts, contextsOf } from './flags/contexts.ts';
import type { FlagSet, Values } from './flags/flag.ts';
import { jobsOf } from './flags/jobs.ts';
import { phaseOutputs } from './phase-outputs.ts';
import type { EndableProgress, LogLevel } from './progress/endable.ts';
import { plainly, sayFor, withHint } from './say.ts';

/** What the flags of any such command come to. */
export type CommandValues = Values<CommonFlags> &
  Partial<Values<Pick<typeof FLAGS, 'forNamespace' | 'image' | 'pullSecrets' | (typeof JOB_FLAGS)[number]>>>;

/** Where the nodes are, and how to talk to them. */
export interface Target
  extends Pick<
      CommandValues,
      | 'embedded'
      | 'namespace'
      | 'k8ssandraCluster'
      | 'kubeconfig'
      | 'via'
      | 'timeoutMs'
      | 'level'
      | 'superuserSecret'
      | 'forNamespace'
    >,
    Contexts {
  readonly access: Access;
  /** Whether it waits for the K8ssandraCluster, which other hooks may be about to bring back. */
  readonly awaitsK8ssandra: boolean;
  /** Whether it speaks CQL to the nodes. */
  readonly usesCql: boolean;
  /** Paths of PEM files for CQL over TLS. */
  readonly cqlTls:
    | { readonly ca: string; readonly cert: string | undefined; readonly key: string | undefined }
    | undefined;
  readonly cqlIdentity: CqlIdentity | undefined;
  /** Image of kassette, for what runs as a Job. */
  readonly image: string | undefined;
  /** For that image's registry. */
  readonly pullSecrets: readonly string[];
  readonly jobs: JobSettings;
}

/** The edges that only the process knows. */
export interface Edge extends Pick<RunContext, 'signal' | 'confirm'> {
  readonly connect: (target: Target, progress: Progress) => Promise<Ports>;
  /** For what is done on a directory of this machine. */
  readonly openVolume: (path: string, progress: Progress) => ColdPorts;
  readonly findSecrets: FindSecrets;
  readonly findK8ssandra: FindK8ssandra;
  readonly switchArchiving: SwitchArchiving;
  readonly progress: (level: LogLevel) => EndableProgress;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly exit: (status: number) => void;
}

/** The result as it is printed. */
const FORMS = {
  text: (_, { text }) => text,
  json: (command, { json, failure }) =>
    JSON.stringify({ kassette: VERSION, command, ok: failure === undefined, result: json }),
  kanister: (_, { text, outputs = {} }) => [text, ...phaseOutputs(outputs)].join('\n'),
} as const satisfies Record<string, (command: string, rendered: Rendered) => string>;

/** Do the work of a command, print its result or its error in the form asked for, and set the exit status; `commands` are all that hints may name. */
export async function runCommand(
  edge: Edge,
  command: ClusterCommand,
  values: CommandValues,
  commands: readonly Descriptor[],
): Promise<void> {
  const { name } = command;
  const { output, level } = values;
  const progress = edge.progress(level);
  const say = sayFor(commands, values);
  try {
    const result = await resultOf(edge, command, values, {
      step: (title, part) => progress.step(title, part),
      warn: (message) => progress.warn(say(message)),
    });
    const rendered = command.render(result, say, values);
    progress.end();
    const { error, failure } = rendered;
    if (error !== undefined && output === 'json') {
      edge.stdout(JSON.stringify({ ...errorBody(name, error, say), result: rendered.json }));
    } else edge.stdout(FORMS[output](name, rendered));
    if (error !== undefined) edge.stderr(errorText(error, say));
    const code = error?.code ?? failure;
    if (code !== undefined) edge.exit(CATALOGUE[code].exit);
  } catch (thrown) {
    progress.end();
    const error = asKassetteError(thrown);
    if (output === 'json') edge.stdout(JSON.stringify(errorBody(name, error, say)));
    edge.stderr(errorText(error, say));
    edge.exit(error.exit);
  }
}

/** Print what a command makes of its flags, or its error, and set the exit status. */
export async function runPrint(
  { stdout, stderr, exit, ...edge }: Edge,
  command: PrintCommand,
  values: Values<FlagSet>,
  commands: readonly Descriptor[],
): Promise<void> {
  const warn = (message: string) => stderr(`warning: ${message}`);
  const say = sayFor(commands, values);
  try {
    stdout((await command.print(values, { ...edge, commands, say, warn })).trimEnd());
  } catch (thrown) {
    const error = asKassetteError(thrown);
    stderr(errorText(error, say));
    exit(error.exit);
  }
}

async function resultOf(
  { signal, confirm, openVolume, connect }: Edge,
  command: ClusterCommand,
  values: CommandValues,
  progress: Progress,
): Promise<unknown> {
  const options = { ...values, signal, confirm, hook: values.output === 'kanister' };
  checkForNamespace(values);
  const onDirectory = command.runOnDirectory?.((path) => openVolume(path, progress), options);
  if (onDirectory != null) return onDirectory;
  const ports = await connect(targetOf(command, values), progress);
  if (command.access !== 'write' || command.onlyLooks?.(values)) return command.run(ports, options);
  const about = {
    ...{ command: command.name, hook: options.hook, datacenters: values.datacenters },
    tag: values.tag ?? null,
  };
  const outcome = (result: unknown) => ({
    message: command.render(result, plainly, values).text.split('\n')[0] ?? '',
    ...command.noteOf?.(result),
  });
  return noted(ports, about, (own) => command.run(own, options), outcome);
}

function checkForNamespace({ k8ssandraCluster, forNamespace }: CommandValues): void {
  if (k8ssandraCluster === undefined && forNamespace !== undefined)
    throw new KassetteError(
      'USAGE',
      '`--for-namespace` says for which namespace of a K8ssandraCluster a hook is called, and none is named.',
      'Nothing was changed. Name it with `--k8ssandra-cluster`; for datacenters in one namespace, leave out `--for-namespace`.',
    );
}

function targetOf({ access, withoutCql, awaitsK8ssandra }: ClusterCommand, values: CommandValues): Target {
  const { cqlCa: ca, cqlCert: cert, cqlKey: key, image, pullSecrets = [] } = values;
  const {
    embedded,
    namespace,
    k8ssandraCluster,
    kubeconfig,
    via,
    timeoutMs,
    level,
    superuserSecret,
    forNamespace,
  } = values;
  const cqlTls = ca === undefined ? undefined : { ca, cert, key };
  const { cqlTlsVerify: verify, cqlTlsIdentity: names = [] } = values;
  const isAsked = verify !== undefined || names.length > 0;
  const cqlIdentity = isAsked ? { verify: verify ?? 'auto', names } : undefined;
  return {
    ...{ embedded, namespace, k8ssandraCluster, kubeconfig, via, timeoutMs, level, superuserSecret },
    ...{ forNamespace, ...contextsOf(values) },
    ...{ access, usesCql: withoutCql !== true, cqlTls, cqlIdentity, image, pullSecrets },
    jobs: jobsOf(values),
    awaitsK8ssandra: awaitsK8ssandra === true && forNamespace !== undefined,
  };
}

/** What no catalogue entry foresees is a fault of kassette's own. */
export function asKassetteError(thrown: unknown): KassetteError {
  if (thrown instanceof KassetteError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KassetteError(
    'INTERNAL',
    `Unexpected: ${message}`,
    'Run the command again with `--log-level debug` and report what it prints.',
    { cause: thrown },
  );
}

function errorBody(command: string, { code, exit, message, advice }: KassetteError, say: Say) {
  const error = withHint({ code, exit, message, hint: advice }, say);
  return { kassette: VERSION, command, ok: false, error };
}

function errorText({ code, exit, message, advice }: KassetteError, say: Say): string {
  return `error ${code} (exit status ${exit}): ${message}\nhint: ${say(advice)}`;
}

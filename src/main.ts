import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { interrupted, noteOf } from './cli/interrupted.ts';
import { allCommands, buildProgram } from './cli/program.ts';
import { progressFor } from './cli/progress/progress.ts';
import type { Edge, Target } from './cli/run.ts';
import { CATALOGUE, KassetteError } from './domain/errors.ts';
import {
  connectEmbedded,
  connectKubernetes,
  findK8ssandra,
  findSecrets,
  openVolume,
  switchArchiving,
} from './wiring.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    const why = interrupted(signal);
    if (signal === 'SIGTERM') process.stderr.write(`${noteOf(why)}\n`);
    stop.abort(why);
  });
}

// Whoever reads along may stop reading (`… | head`); what was begun still comes to its end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const edge: Edge = {
  signal: stop.signal,
  connect: async ({ embedded, timeoutMs, level, cqlTls, cqlIdentity, ...kubernetes }, progress) => {
    const logger = pino({ level }, pino.destination(2));
    const tls = { cqlTls: cqlTls && read(cqlTls), cqlIdentity };
    const session = { operationTimeoutMs: timeoutMs, progress, logger, ...tls };
    return embedded === undefined
      ? connectKubernetes(kubernetes, session)
      : connectEmbedded(embedded, session);
  },
  openVolume,
  findSecrets,
  findK8ssandra,
  switchArchiving,
  progress: (level) => progressFor(level, process.stderr),
  confirm,
  stdout: (text) => process.stdout.write(`${text}\n`),
  stderr: (text) => process.stderr.write(`${text}\n`),
  exit: (status) => {
    process.exitCode = status;
  },
};

/** Run the command line of this process to its end. */
export async function main(): Promise<never> {
  const program = buildProgram(edge);
  for (const command of allCommands(program)) command.exitOverride();

  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are not failures; commander has printed whatever there was to say.
    process.exitCode = error.exitCode === 0 ? 0 : CATALOGUE.USAGE.exit;
  }
  // A pipe takes a long answer only as it is read; it must be out before the end.
  await new Promise((done) => process.stdout.write('', done));
  // Kept-alive connections to the nodes would hold the process for a while; all work is done here.
  process.exit();
}

// Run directly, or as the executable. No `await`: the executable's bundle is CommonJS, which has none at this level.
if (import.meta.main) void main();

/** The files' contents. */
function read({ ca, cert, key }: NonNullable<Target['cqlTls']>) {
  const text = (path: string) => {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new KassetteError(
        'USAGE',
        `${path} cannot be read.`,
        'Check --cql-ca, --cql-cert and --cql-key.',
        { cause },
      );
    }
  };
  return { ca: text(ca), cert: cert && text(cert), key: key && text(key) };
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal: stop.signal })).trim());
  } finally {
    terminal.close();
  }
}

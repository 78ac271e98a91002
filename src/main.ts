#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { buildProgram } from './cli/program.ts';
import { progressFor } from './cli/progress/progress.ts';
import { runner, type Target } from './cli/run.ts';
import { CATALOGUE, KassetteError } from './domain/errors.ts';
import { connectEmbedded, connectKubernetes } from './wiring.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(interrupted(signal)));
}

const program = buildProgram(
  runner({
    signal: stop.signal,
    connect: async ({ embedded, timeoutMs, level, cqlTls, ...kubernetes }, progress) => {
      const logger = pino({ level }, pino.destination(2));
      const session = { operationTimeoutMs: timeoutMs, progress, logger, cqlTls: cqlTls && read(cqlTls) };
      return embedded === undefined
        ? connectKubernetes(kubernetes, session)
        : connectEmbedded(embedded, session);
    },
    progress: (level) => progressFor(level, process.stderr),
    out: (text) => process.stdout.write(`${text}\n`),
    complain: (text) => process.stderr.write(`${text}\n`),
    exit: (status) => {
      process.exitCode = status;
    },
  }),
);
for (const command of [program, ...program.commands.flatMap((c) => [c, ...c.commands])])
  command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are not failures; commander has printed whatever there was to say.
  process.exitCode = error.exitCode === 0 ? 0 : CATALOGUE.USAGE.exit;
}
// Kept-alive connections to the nodes would hold the process for a while; all work is done here.
process.exit();

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

function interrupted(signal: string): KassetteError {
  return new KassetteError(
    'INTERRUPTED',
    `Asked to stop by ${signal}.`,
    'Run the same command again: a backup starts anew, a restore goes on.',
  );
}

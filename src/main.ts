#!/usr/bin/env node
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { buildProgram } from './cli/program.ts';
import { progressFor } from './cli/progress/progress.ts';
import { runner } from './cli/run.ts';
import { CATALOGUE, KassetteError } from './domain/errors.ts';
import { connectEmbedded, connectKubernetes } from './wiring.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stop.abort(interrupted(signal)));
}

const program = buildProgram(
  runner({
    signal: stop.signal,
    connect: async ({ embedded, timeoutMs, level, ...kubernetes }, progress) => {
      const logger = pino({ level }, pino.destination(2));
      const session = { operationTimeoutMs: timeoutMs, progress, logger };
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
for (const command of [program, ...program.commands]) command.exitOverride();

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version are not failures; commander has printed whatever there was to say.
  process.exitCode = error.exitCode === 0 ? 0 : CATALOGUE.USAGE.exit;
}
// Kept-alive connections to the nodes would hold the process for a while; all work is done here.
process.exit();

function interrupted(signal: string): KassetteError {
  return new KassetteError(
    'INTERRUPTED',
    `Asked to stop by ${signal}.`,
    'Run the same command again: a backup starts anew, a restore goes on.',
  );
}

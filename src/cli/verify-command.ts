import type { Command } from 'commander';
import type { Source } from '../domain/transfer/source.ts';
import type { VerifiedBackup } from '../engine/verbs/verify.ts';
import { verify } from '../engine/verbs/verify.ts';
import { formatBytes, formatSeconds } from './quantities.ts';
import type { Rendered, Run } from './run.ts';
import { fromOption } from './table-commands.ts';

/** `kassette verify`: whether a backup is whole. */
export function addVerifyCommand(program: Command, run: Run, common: (command: Command) => Command): void {
  const summary = 'Check whether a backup is whole: files, sizes, CRCs, schema, every node and token.';
  const command = common(program.command('verify').summary(summary).description(summary))
    .addOption(fromOption())
    .option('--deep', 'read every Data.db file and compare its CRC')
    .addHelpText(
      'after',
      '\nExamples:\n  $ kassette verify --from backup:kassette-20260301T021500Z-1a2b --deep\n  $ kassette verify --from clones:2026-03-01-08-30-00\n  $ kassette verify --embedded ~/demo --from path:/copies',
    );
  command.action(async () => {
    const { from, deep = false } = command.opts() as { from: Source; deep?: boolean };
    await run('verify', command.opts(), async (ports, options) =>
      renderVerified(await verify(ports, { ...options, from, deep })),
    );
  });
}

export function renderVerified(result: VerifiedBackup): Rendered {
  const { tag, cluster, cassandraVersion, deep, nodes, tables, sstables, files, bytes, objects, seconds } =
    result;
  const width = Math.max(...nodes.map((n) => n.name.length), 4);
  return {
    text: [
      `backup ${tag} of ${cluster}, Cassandra ${cassandraVersion}, is whole`,
      ...nodes.map((n) => `  ${n.name.padEnd(width)}  host id ${n.hostId}  in ${n.where}`),
      `  ${tables} tables, ${sstables} SSTables, ${files} files, ${formatBytes(bytes)}; ${objects} objects in the schema`,
      deep
        ? '  every Data.db file was read and matches its CRC'
        : '  checked presence, sizes and stored CRCs; --deep reads every file',
      `took ${formatSeconds(seconds)}`,
    ].join('\n'),
    json: result,
  };
}

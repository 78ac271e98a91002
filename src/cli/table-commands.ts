import { type Command, Option } from 'commander';
import { parseTableName, type TableName } from '../domain/tables/table-name.ts';
import type { Source } from '../domain/transfer/source.ts';
import { parseSource } from '../domain/transfer/source.ts';
import type { TableOptions } from '../engine/tables/options.ts';
import { planRestoreTable, restoreTable } from '../engine/verbs/restore-table.ts';
import { asBytes, orInvalid } from './quantities.ts';
import { renderRestoredTables, renderTablePlan } from './render/table.ts';
import type { Invocation, Run } from './run.ts';

const A_NAME = 'KEYSPACE or KEYSPACE.TABLE, quoted as in CQL';
const NAMES = 'KEYSPACE or KEYSPACE.TABLE, quoted as in CQL: shop.orders, \'"Shop"."Order"\'';

/** `kassette restore-table`, and what it would do as `kassette plan restore-table`. */
export function addTableCommands(
  program: Command,
  plan: Command,
  run: Run,
  common: (command: Command) => Command,
  checks: (command: Command) => Command,
): void {
  const restore = withTableOptions(
    checks(
      common(
        program
          .command('restore-table')
          .summary(
            'Restore single tables or keyspaces from a backup. All other tables stay online and unchanged.',
          ),
      ),
    ),
  );
  restore.description(restore.summary());
  restore.addHelpText('after', examples('restore-table'));
  restore.action(async (names: readonly TableName[]) =>
    run(
      'restore-table',
      restore.opts(),
      invocation(names, restore.opts(), async (ports, options) =>
        renderRestoredTables(await restoreTable(ports, options)),
      ),
    ),
  );
  const shown = withTableOptions(
    plan
      .command('restore-table')
      .summary('Print exactly what restore-table would do, after the same checks. Changes nothing.'),
  );
  shown.description(shown.summary());
  shown.addHelpText('after', examples('plan restore-table'));
  shown.action(async (names: readonly TableName[]) => {
    const flags = shown.optsWithGlobals();
    await run(
      'plan restore-table',
      flags,
      invocation(names, flags, async (ports, options) =>
        renderTablePlan(await planRestoreTable(ports, options)),
      ),
    );
  });
}

export function fromOption(): Option {
  return new Option(
    '--from <source>',
    'backup:TAG in the volumes; clones:SUFFIX, claims whose names end in SUFFIX; path:DIR, copies for an embedded cluster',
  )
    .argParser(orInvalid(parseSource, 'backup:TAG, clones:SUFFIX or path:DIR'))
    .makeOptionMandatory();
}

function withTableOptions(command: Command): Command {
  return command
    .argument('<names...>', NAMES, collect(parseTableName))
    .addOption(fromOption())
    .addOption(
      new Option(
        '--as <name>',
        'restore side-by-side with the live table, under another KEYSPACE.TABLE, or a keyspace as KEYSPACE',
      )
        .argParser(orInvalid(parseTableName, A_NAME))
        .conflicts('mode'),
    )
    .addOption(
      new Option('--rate <bytes>', 'limit for copying, per second and over all nodes: 50MiB').argParser(
        asBytes(),
      ),
    )
    .addOption(
      new Option('--mode <mode>', "replace: as in the backup; merge: add the backup's rows to the live table")
        .choices(['replace', 'merge'])
        .default('replace'),
    );
}

function examples(command: string): string {
  const lines = [
    `${command} shop.orders --from backup:kassette-20260301T021500Z-1a2b`,
    `${command} shop '"Order"."Camel Case"' --from backup:kassette-20260301T021500Z-1a2b`,
    `${command} shop.orders --from clones:2026-03-01-08-30-00 --rate 50MiB`,
  ];
  return `\nExamples:\n${lines.map((l) => `  $ kassette ${l}`).join('\n')}`;
}

function invocation(
  names: readonly TableName[],
  flags: Record<string, unknown>,
  work: (ports: Parameters<Invocation>[0], options: TableOptions) => ReturnType<Invocation>,
): Invocation {
  const {
    from,
    mode,
    as = null,
    rate = null,
  } = flags as {
    from: Source;
    mode: TableOptions['mode'];
    as?: TableName;
    rate?: number;
  };
  return (ports, options) => work(ports, { ...options, names, from, mode, as, bytesPerSecond: rate });
}

function collect<T>(parse: (text: string) => T | null) {
  return (text: string, earlier: readonly T[] | undefined): readonly T[] => [
    ...(earlier ?? []),
    orInvalid(parse, A_NAME)(text),
  ];
}

import { Command, Option } from 'commander';
import { afterRestore } from '../commands/after-restore/after-restore.ts';
import { beforeRestore } from '../commands/before-restore/before-restore.ts';
import { doctor } from '../commands/doctor/doctor.ts';
import { plan } from '../commands/plan/plan.ts';
import { recover } from '../commands/recover/recover.ts';
import { status } from '../commands/status/status.ts';
import { VERSION } from '../domain/version.ts';
import { addBackupCommands } from './backup-commands.ts';
import { completionCommand } from './completion.ts';
import { manifestsCommand } from './manifests.ts';
import { groupOptions } from './option-groups.ts';
import { policyCommand } from './policy.ts';
import { orInvalid, parseBytes, parseDuration } from './quantities.ts';
import { rbacCommand } from './rbac.ts';
import { refuseEmpty } from './refuse-empty.ts';
import { renderDoctor } from './render/doctor.ts';
import { renderRecover } from './render/recover.ts';
import { renderAfterRestore, renderBeforeRestore, renderPlan } from './render/restore.ts';
import { renderStatus } from './render/status.ts';
import type { Invocation, Run } from './run.ts';
import { addTableCommands } from './table-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

/**
 * The command line as a tree of commands; `run` connects, runs a command and prints its result. `more` are commands that
 * work on something else than running datacenters.
 */
export function buildProgram(run: Run, more: readonly Command[] = []): Command {
  const program = new Command('kassette')
    .description('Makes volume-snapshot backups of Apache Cassandra restorable.')
    .version(VERSION, '-V, --version')
    .showHelpAfterError('Run with --help for all options and examples.')
    .configureHelp({ showGlobalOptions: true });
  const add = (name: string, summary: string, invocation: Invocation, examples: readonly string[]) => {
    const command = withCommonOptions(program.command(name).summary(summary).description(summary));
    command.action(async () => run(name, command.opts(), invocation));
    command.addHelpText('after', `\nExamples:\n${examples.map((e) => `  $ kassette ${e}`).join('\n')}`);
    return command;
  };
  addBackupCommands(add);
  withRestoreOptions(
    add(
      'before-restore',
      'Check what can be checked before the volumes are restored; changes nothing.',
      async (ports, options) => renderBeforeRestore(await beforeRestore(ports, options)),
      ['before-restore --namespace cass-operator'],
    ),
  );
  withColdOptions(
    withWayOptions(
      withRestoreOptions(
        add(
          'after-restore',
          'Turn restored volumes into exactly the database of the backup in them.',
          async (ports, options) => renderAfterRestore(await afterRestore(ports, options)),
          [
            'after-restore --namespace cass-operator',
            'after-restore --verify full --keep-extra --timeout 30m',
          ],
        ),
      ),
    ),
  );
  withColdOptions(
    withRestoreOptions(
      add(
        'recover',
        'Stop datacenters, restore their volumes cold, start them, and verify; for volumes on which Cassandra does not start.',
        async (ports, options) => renderRecover(await recover(ports, options)),
        [
          'recover --namespace cass-operator --datacenter cass-prd',
          'recover --embedded ~/demo --output json',
        ],
      ),
    ),
  );
  const planned = withWayOptions(
    withRestoreOptions(
      add(
        'plan',
        'Print exactly what after-restore would do, after the same checks; changes nothing.',
        async (ports, options) => renderPlan(await plan(ports, options)),
        ['plan --namespace cass-operator', 'plan --tag kassette-20260301T021500Z-1a2b --output json'],
      ),
    ),
  );
  addTableCommands(program, planned, run, withCommonOptions, withCheckOptions);
  addVerifyCommand(program, run, withCommonOptions);
  add(
    'status',
    'Show which backups are in the volumes, complete or not, and since when.',
    async (ports, options) => renderStatus(await status(ports, options)),
    ['status --namespace cass-operator', 'status --embedded ~/demo --output json'],
  );
  add(
    'doctor',
    'Say what is wrong with how Kasten backs a namespace up; changes nothing.',
    async (ports, options) => renderDoctor(await doctor(ports, options)),
    ['doctor --namespace cass-operator', 'doctor --namespace cass-operator --max-age 26h --output json'],
  )
    .option('--kasten-namespace <name>', 'where Kasten runs', 'kasten-io')
    .addOption(
      new Option(
        '--max-age <duration>',
        "age from which the last backup is too old (default: by the policy's frequency)",
      ).argParser(orInvalid(parseDuration)),
    );
  for (const command of more) program.addCommand(command);
  for (const command of program.commands.flatMap((c) => [c, ...c.commands])) groupOptions(command);
  program.addCommand(rbacCommand());
  program.addCommand(manifestsCommand());
  program.addCommand(policyCommand());
  program.addCommand(completionCommand(program));
  program.hook('preAction', (_, command) => refuseEmpty(command));
  return program;
}

export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--embedded <directory>', 'an embedded cluster instead of Kubernetes').env(
        'KASSETTE_EMBEDDED',
      ),
    )
    .addOption(
      new Option(
        '-n, --namespace <name>',
        "the datacenters' namespace (default: the context's or the pod's own)",
      ).env('KASSETTE_NAMESPACE'),
    )
    .option(
      '--kubeconfig <file>',
      'Kubernetes configuration (default: as kubectl, or the service account of a pod)',
    )
    .option('--context <name>', 'context of the configuration (default: the current one)')
    .addOption(
      new Option(
        '--cql-via <way>',
        'how to reach the nodes (default: pod-address inside the cluster, port-forward outside)',
      ).choices(['pod-address', 'port-forward']),
    )
    .addOption(
      new Option('--cql-ca <file>', "CQL over TLS: the CA of the nodes' certificates, as PEM").env(
        'KASSETTE_CQL_CA',
      ),
    )
    .option('--cql-cert <file>', 'CQL over TLS: own certificate, where the nodes ask for one')
    .option('--cql-key <file>', 'CQL over TLS: the key of that certificate')
    .option('-d, --datacenter <name...>', 'only these datacenters (default: all that are found)')
    .option('--tag <tag>', 'the backup meant, as status shows it; for before-backup the one to make')
    .addOption(
      new Option('-o, --output <format>', 'form of the result; kanister: phase outputs for a blueprint')
        .choices(['text', 'json', 'kanister'])
        .default('text'),
    )
    .addOption(
      new Option(
        '--timeout <duration>',
        'limit of a wait in which no node gets any further, and of one operation of a node: 90s, 10m',
      )
        .argParser(orInvalid(parseDuration))
        .default(300_000, '5m'),
    )
    .addOption(
      new Option(
        '--max-wait <duration>',
        'limit of waiting for nodes in all (default: as long as they get further)',
      ).argParser(orInvalid(parseDuration)),
    )
    .addOption(
      new Option('--concurrency <nodes>', 'nodes worked on at a time')
        .argParser(orInvalid(parseCount))
        .default(32),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to tell on standard error')
        .choices(['silent', 'warn', 'info', 'debug'])
        .default('info'),
    );
}

function withRestoreOptions(command: Command): Command {
  return withCheckOptions(
    command.option('--keep-extra', 'keep keyspaces and tables that the backup does not have', false),
  );
}

/** Whether a restore is warm or cold: `plan` takes what `after-restore` takes, so that it tells of the same run. */
function withWayOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--method <way>',
        'warm: while Cassandra runs; cold: with Cassandra stopped (default: warm where nothing is done yet)',
      ).choices(['warm', 'cold']),
    )
    .addOption(
      new Option(
        '--recover <when>',
        'go cold where Cassandra does not start because of what is on its volume',
      )
        .choices(['auto', 'ask', 'never'])
        .default('auto'),
    );
}

function withCheckOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--verify <depth>', 'full: read every Data.db and compare its CRC')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .addOption(
      new Option('--reserve <bytes>', 'space that must stay free on every volume: 512MiB, 10GiB')
        .argParser(orInvalid(parseBytes))
        .default(64 * 1024 * 1024, '64MiB'),
    );
}

function withColdOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--image <image>',
        `image for the Jobs of a cold restore (default: the pod's own, or kassette:${VERSION})`,
      ).env('KASSETTE_IMAGE'),
    )
    .addOption(pullSecretOption())
    .option('--keep-displaced', 'keep what a cold restore moves aside, for good', false)
    .option('--elsewhere', 'cold restore: the nodes forget those of the original', false);
}

function parseCount(text: string): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : null;
}

export function pullSecretOption(): Option {
  return new Option(
    '--image-pull-secret <name...>',
    "secrets for the Jobs' registry, in the datacenters' namespace (default: those of the datacenter's pods)",
  );
}

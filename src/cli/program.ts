import { Command, Option } from 'commander';
import { VERSION } from '../domain/version.ts';
import { afterRestore } from '../engine/verbs/after-restore.ts';
import { beforeRestore } from '../engine/verbs/before-restore.ts';
import { doctor } from '../engine/verbs/doctor.ts';
import { plan } from '../engine/verbs/plan.ts';
import { recover } from '../engine/verbs/recover.ts';
import { status } from '../engine/verbs/status.ts';
import { addBackupCommands } from './backup-commands.ts';
import { completionCommand } from './completion.ts';
import { manifestsCommand } from './manifests.ts';
import { groupCommands, groupOptions, helpOption } from './option-groups.ts';
import { policyCommand } from './policy.ts';
import { asBytes, asDuration, orInvalid } from './quantities.ts';
import { rbacCommand } from './rbac.ts';
import { refuseEmpty } from './refuse-empty.ts';
import { renderDoctor } from './render/doctor.ts';
import { renderRecover } from './render/recover.ts';
import { renderAfterRestore, renderBeforeRestore, renderPlan } from './render/restore.ts';
import { renderStatus } from './render/status.ts';
import type { Invocation, Run } from './run.ts';
import { addTableCommands } from './table-commands.ts';
import { addVerifyCommand } from './verify-command.ts';

/** What changes nothing and shows the state. */
const FIRST = `
Examples, which change nothing:
  $ kassette status --namespace cass-operator
  $ kassette doctor --namespace cass-operator
  $ kassette COMMAND --help`;

/**
 * The command line as a tree of commands; `run` connects, runs a command and prints its result. `more` are commands that
 * work on something else than running datacenters.
 */
export function buildProgram(run: Run, more: readonly Command[] = []): Command {
  const program = new Command('kassette')
    .description('Make volume-snapshot backups of Apache Cassandra restorable.')
    .version(VERSION, '-V, --version', 'show the version')
    .addHelpText('after', FIRST)
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
      'Check what can be checked before the volumes are restored. Changes nothing.',
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
        'Stop datacenters, restore their volumes cold, start them and verify. For volumes on which Cassandra does not start.',
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
        'Print exactly what after-restore would do, after the same checks. Changes nothing.',
        async (ports, options) => renderPlan(await plan(ports, options)),
        ['plan --namespace cass-operator', 'plan --tag kassette-20260301T021500Z-1a2b --output json'],
      ),
    ),
  );
  addTableCommands(program, planned, run, withCommonOptions, withCheckOptions);
  addVerifyCommand(program, run, withCommonOptions);
  add(
    'status',
    'Show which backups are in the volumes, whether they are complete, and how old they are.',
    async (ports, options) => renderStatus(await status(ports, options)),
    ['status --namespace cass-operator', 'status --embedded ~/demo --output json'],
  );
  add(
    'doctor',
    'Report what is wrong with how Kasten backs up a namespace. Changes nothing.',
    async (ports, options) => renderDoctor(await doctor(ports, options)),
    ['doctor --namespace cass-operator', 'doctor --namespace cass-operator --max-age 26h --output json'],
  )
    .option('--kasten-namespace <name>', 'namespace of Kasten', 'kasten-io')
    .addOption(
      new Option(
        '--max-age <duration>',
        "age above which the last backup is too old (default: from the policy's frequency)",
      ).argParser(asDuration()),
    );
  for (const command of more) program.addCommand(command);
  for (const command of program.commands.flatMap((c) => [c, ...c.commands])) groupOptions(command);
  program.addCommand(rbacCommand());
  program.addCommand(manifestsCommand());
  program.addCommand(policyCommand());
  program.addCommand(completionCommand(program));
  for (const command of program.commands.slice(-4)) command.addHelpOption(helpOption());
  groupCommands(program);
  for (const command of [program, ...program.commands.flatMap((c) => [c, ...c.commands])])
    command.showHelpAfterError('Run with --help for all options and examples.');
  program.hook('preAction', (_, command) => refuseEmpty(command));
  return program;
}

export function withCommonOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--embedded <directory>',
        'use the embedded cluster in this directory instead of Kubernetes',
      ).env('KASSETTE_EMBEDDED'),
    )
    .addOption(
      new Option(
        '-n, --namespace <name>',
        'namespace of the datacenters (default: that of the context, or of the pod)',
      ).env('KASSETTE_NAMESPACE'),
    )
    .option(
      '--kubeconfig <file>',
      'Kubernetes configuration (default: as for kubectl, or the service account of the pod)',
    )
    .option('--context <name>', 'context of the kubeconfig (default: the current one)')
    .addOption(
      new Option(
        '--cql-via <way>',
        'how to reach the nodes (default: pod-address inside the cluster, port-forward outside)',
      ).choices(['pod-address', 'port-forward']),
    )
    .addOption(
      new Option('--cql-ca <file>', "CQL over TLS: CA of the nodes' certificates, PEM").env(
        'KASSETTE_CQL_CA',
      ),
    )
    .option('--cql-cert <file>', 'CQL over TLS: client certificate, PEM, if the nodes ask for one')
    .option('--cql-key <file>', 'CQL over TLS: key of the client certificate, PEM')
    .addOption(
      new Option(
        '--cql-tls-verify <what>',
        'CQL over TLS: name: a certificate must name a node; auto: if it names anybody; ca: the CA is enough (default: auto)',
      ).choices(['auto', 'name', 'ca']),
    )
    .option('--cql-tls-identity <name...>', 'CQL over TLS: what a certificate must name, instead of a node')
    .option('-d, --datacenter <name...>', 'only these datacenters (default: all that are found)')
    .option('--tag <tag>', 'backup to use, as status shows it; for before-backup: the tag of the new backup')
    .addOption(
      new Option(
        '-o, --output <format>',
        'format of the result; kanister: text and phase outputs for a blueprint',
      )
        .choices(['text', 'json', 'kanister'])
        .default('text'),
    )
    .addOption(
      new Option(
        '--timeout <duration>',
        'limit of a wait without progress, and of one operation on a node: 90s, 10m',
      )
        .argParser(asDuration())
        .default(300_000, '5m'),
    )
    .addOption(
      new Option(
        '--max-wait <duration>',
        'limit of the whole wait for nodes (default: none while they make progress)',
      ).argParser(asDuration()),
    )
    .addOption(
      new Option('--concurrency <nodes>', 'number of nodes to work on at a time')
        .argParser(orInvalid(parseCount, 'a number of nodes'))
        .default(32),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to print on standard error')
        .choices(['silent', 'warn', 'info', 'debug'])
        .default('info'),
    );
}

function withRestoreOptions(command: Command): Command {
  return withCheckOptions(
    command.option('--keep-extra', 'keep keyspaces and tables that the backup does not have'),
  );
}

/** Whether a restore is warm or cold: `plan` takes what `after-restore` takes, so that it tells of the same run. */
function withWayOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--method <way>',
        'warm: while Cassandra runs; cold: with Cassandra stopped (default: warm, but an interrupted cold restore goes on)',
      ).choices(['warm', 'cold']),
    )
    .addOption(
      new Option(
        '--recover <when>',
        'whether to restore cold if Cassandra does not start because of what is on its volume',
      )
        .choices(['auto', 'ask', 'never'])
        .default('auto'),
    );
}

function withCheckOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--verify <depth>', 'full: read every Data.db file and compare its CRC')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .addOption(
      new Option('--reserve <bytes>', 'space to keep free on every volume: 512MiB, 10GiB')
        .argParser(asBytes())
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
    .option('--keep-displaced', 'keep the files that a cold restore moves aside')
    .option(
      '--elsewhere',
      'cold restore: remove the addresses of the other nodes, so that the restored ones do not contact the original cluster',
    );
}

function parseCount(text: string): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : null;
}

export function pullSecretOption(): Option {
  return new Option(
    '--image-pull-secret <name...>',
    "secrets for the registry of that image, in the datacenters' namespace (default: those of the datacenter's pods)",
  );
}

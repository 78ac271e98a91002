import { Command, Option } from 'commander';
import { VERSION } from '../domain/version.ts';
import { COMMANDS } from './commands/all.ts';
import type { Descriptor } from './descriptor.ts';
import { choicesOf, type Flag, isArgument } from './flags/flag.ts';
import { adoptParentFlags, valuesOf } from './flags/values.ts';
import { type CommandValues, type Edge, runCommand, runPrint } from './run.ts';

/** What changes nothing and shows the state. */
const FIRST = [
  'kassette status --namespace cass-operator',
  'kassette doctor --namespace cass-operator',
  'kassette COMMAND --help',
];

/** The command line as a tree of commands, made of their descriptors. */
export function buildProgram(edge: Edge): Command {
  const program = new Command('kassette')
    .description('Make volume-snapshot backups of Apache Cassandra restorable.')
    .version(VERSION, '-V, --version', 'show the version')
    .addHelpOption(new Option('-h, --help', 'show this help; after a command: its options and examples'))
    .addHelpText('after', examplesText('Examples, which change nothing', FIRST));
  for (const descriptor of COMMANDS) addCommand(program, descriptor, edge);
  program.addHelpCommand(
    new Command('help')
      .helpOption(false)
      .argument('[command]')
      .description('Show the help of a command.')
      .helpGroup('Set up:'),
  );
  for (const command of allCommands(program))
    command.showHelpAfterError('Run with --help for all options and examples.');
  return program;
}

/** The program and every command of it. */
export function allCommands(program: Command): readonly Command[] {
  return [program, ...program.commands.flatMap((c) => [c, ...c.commands])];
}

function addCommand(program: Command, descriptor: Descriptor, edge: Edge): void {
  const { name, summary, examples, flags, section } = descriptor;
  const [last = '', first] = name.split(' ').toReversed();
  const parent = program.commands.find((c) => c.name() === first) ?? program;
  const command = parent.command(last).summary(summary).description(summary);
  for (const flag of Object.values(flags)) addFlag(command, flag);
  const help = new Option('-h, --help', 'show this help');
  command.addHelpOption('access' in descriptor ? help.helpGroup('Output:') : help);
  if (parent === program) command.helpGroup(section);
  command.addHelpText('after', examplesText('Examples', examples));
  command.action(() => {
    adoptParentFlags(command);
    const values = valuesOf(command, flags);
    if ('print' in descriptor) return runPrint(edge, descriptor, values, COMMANDS);
    return runCommand(edge, descriptor, values as CommandValues, COMMANDS);
  });
}

function addFlag(command: Command, flag: Flag): void {
  const { usage, help, group, env, required, hidden, conflicts, plain, repeats } = flag;
  const choices = choicesOf(flag);
  if (isArgument(flag)) {
    const argument = command.createArgument(usage, help);
    command.addArgument(choices.length === 0 ? argument : argument.choices(choices));
    return;
  }
  const option = new Option(usage, help);
  // Commander only shows them; the schema is what checks.
  if (choices.length > 0) option.argChoices = [...choices];
  if (flag.default !== undefined) option.default(flag.default, plain ? String(flag.default) : undefined);
  if (group !== undefined) option.helpGroup(group);
  if (env !== undefined) option.env(env);
  if (repeats) option.argParser((text, before: readonly string[] = []) => [...before, text]);
  if (required) option.makeOptionMandatory();
  if (hidden) option.hideHelp();
  if (conflicts !== undefined) option.conflicts(conflicts);
  command.addOption(option);
}

function examplesText(title: string, examples: readonly string[]): string {
  return `\n${title}:\n${examples.map((e) => `  $ ${e}`).join('\n')}`;
}

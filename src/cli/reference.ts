import type { Command, Option } from 'commander';
import { byPlace, COMMAND_SECTIONS } from './option-groups.ts';

/** Columns of a terminal for which the committed help texts are made. */
const WIDTH = 80;

/** Pure: what `--help` prints, by the command's name; `kassette` is the program itself. */
export function helpTexts(program: Command): ReadonlyMap<string, string> {
  return new Map([
    ['kassette', helpOf(program)],
    ...all(program).map((c) => [nameOf(c), helpOf(c)] as const),
  ]);
}

/** Pure: the reference of the command line, as Markdown. */
export function cliReference(program: Command): string {
  const commands = all(program);
  const common = commonOptions(commands);
  const environment = [...new Map(commands.flatMap((c) => c.options).map((o) => [o.envVar, o.long]))];
  return `${[
    '# Command-line reference',
    'Generated from the program by `make docs`. Do not edit this page.',
    'Durations are a number with `ms`, `s`, `m` or `h`; without a unit they are seconds. Sizes are a number with `KiB`, `MiB`, `GiB`, `TiB` or `PiB`; without a unit they are bytes. An option with `...` takes several values, separated by spaces.',
    ...Object.entries(COMMAND_SECTIONS).map(([title, names]) =>
      [
        `**${title.slice(0, -1)}**`,
        '',
        ...names.map((name) => `- [\`${name}\`](#${name}): ${summaryOf(commands, name)}`),
      ].join('\n'),
    ),
    'The exit status is 0, or that of an [error](errors.md). `--output json` is described in [JSON output](json-output.md).',
    ...commands.flatMap((command) => chapter(command, common)),
    '## Common options',
    `These commands take all of them: ${commands
      .filter((c) => isCommon(c))
      .map((c) => `\`${nameOf(c)}\``)
      .join(', ')}.`,
    table(common),
    '## Environment variables',
    'An option on the command line takes precedence. An empty variable counts as not set.',
    [
      '| variable | option |',
      '| --- | --- |',
      ...environment.flatMap(([name, long]) => (name === undefined ? [] : [`| \`${name}\` | \`${long}\` |`])),
    ].join('\n'),
    'As for kubectl, `KUBECONFIG` names the kubeconfig files. `KASSETTE` names the program that `scripts/*.sh` run.',
  ].join('\n\n')}\n`;
}

/** All commands, in the order of their sections, each with its subcommands. */
function all(program: Command): readonly Command[] {
  const order = Object.values(COMMAND_SECTIONS).flat();
  return program.commands
    .toSorted((a, b) => order.indexOf(a.name()) - order.indexOf(b.name()))
    .flatMap((c) => [c, ...c.commands]);
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function summaryOf(commands: readonly Command[], name: string): string {
  return commands.find((c) => nameOf(c) === name)?.summary() ?? '';
}

/** What works on datacenters has the options for them. */
function isCommon(command: Command): boolean {
  return command.options.some((o) => o.attributeName() === 'embedded');
}

function commonOptions(commands: readonly Command[]): readonly Option[] {
  const [first, ...others] = commands.filter(isCommon);
  const inAll = (o: Option) => others.every((c) => c.options.some((p) => sameOption(o, p)));
  return (first?.options ?? []).filter(inAll);
}

function sameOption(a: Option, b: Option): boolean {
  return a.flags === b.flags && a.description === b.description;
}

function chapter(command: Command, common: readonly Option[]): readonly string[] {
  const options = command.options.filter((o) => !o.hidden && !common.some((c) => sameOption(o, c)));
  const parent = command.parent?.parent ? command.parent : null;
  const also =
    parent === null
      ? isCommon(command) && 'It also takes the [common options](#common-options).'
      : `It also takes the options of [\`${parent.name()}\`](#${parent.name()}).`;
  const examples = helpOf(command).split('\nExamples:\n')[1];
  return [
    `## ${nameOf(command)}`,
    command.description(),
    `\`\`\`\nkassette ${nameOf(command)} ${command.usage()}\n\`\`\``,
    ...command.registeredArguments.map((a) => `\`${a.name()}\`: ${argumentText(a)}`),
    ...(options.length === 0 ? [] : [table(options)]),
    ...(also ? [also] : []),
    ...(examples === undefined ? [] : [`\`\`\`\n${examples.replaceAll(/^ {2}\$ /gm, '').trimEnd()}\n\`\`\``]),
  ];
}

function argumentText({ description, argChoices }: Command['registeredArguments'][number]): string {
  return argChoices === undefined ? `${description}.` : `one of ${choices(argChoices)}.`;
}

function table(options: readonly Option[]): string {
  return [
    '| option | meaning |',
    '| --- | --- |',
    ...options.toSorted(byPlace).map((o) => `| \`${o.flags}\` | ${meaning(o)} |`),
  ].join('\n');
}

function meaning(option: Option): string {
  const { description, argChoices, envVar, mandatory } = option;
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices === undefined ? [] : [`one of ${choices(argChoices)}`]),
    ...defaultOf(option),
    ...(envVar === undefined ? [] : [`environment: \`${envVar}\``]),
  ];
  return [description, ...notes].join('; ').replaceAll('|', '\\|');
}

function defaultOf({ defaultValue, defaultValueDescription, negate }: Option): readonly string[] {
  if (defaultValue === undefined || negate) return [];
  return [`default: \`${defaultValueDescription ?? [defaultValue].flat().join(' ')}\``];
}

function choices(values: readonly string[]): string {
  return values.map((v) => `\`${v}\``).join(', ');
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => WIDTH,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text;
}

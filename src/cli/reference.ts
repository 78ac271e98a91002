import type { Command } from 'commander';
import { COMMANDS } from './commands/all.ts';
import { type Descriptor, SECTIONS } from './descriptor.ts';
import { COMMON } from './flags/catalogue.ts';
import { choicesOf, type Flag, type FlagSet, isArgument, longOf } from './flags/flag.ts';
import { allCommands } from './program.ts';

/** Columns of a terminal for which the committed help texts are made. */
const WIDTH = 80;

/** Pure: what `--help` prints, by the command's name; `kassette` is the program itself. */
export function helpTexts(program: Command): ReadonlyMap<string, string> {
  return new Map(allCommands(program).map((c) => [nameOf(c), helpOf(c)] as const));
}

/** Pure: the reference of the command line, as Markdown. */
export function cliReference(): string {
  return `${[
    '# Command-line reference',
    'Generated from the program by `make docs`. Do not edit this page.',
    'Durations are a number with `ms`, `s`, `m` or `h`; without a unit they are seconds. Sizes are a number with `KiB`, `MiB`, `GiB`, `TiB` or `PiB`; without a unit they are bytes. An option with `...` takes several values, separated by spaces.',
    ...SECTIONS.map(overview),
    'The exit status is 0, or that of an [error](errors.md). `--output json` is described in [JSON output](json-output.md).',
    ...COMMANDS.flatMap(chapter),
    '## Common options',
    `These commands take all of them: ${COMMANDS.filter(isCommon)
      .map((c) => `\`${c.name}\``)
      .join(', ')}.`,
    table(COMMON),
    '## Environment variables',
    'An option on the command line takes precedence. An empty variable counts as not set.',
    environment(),
    'As for kubectl, `KUBECONFIG` names the kubeconfig files. `KASSETTE` names the program that `scripts/*.sh` run.',
  ].join('\n\n')}\n`;
}

function overview(title: (typeof SECTIONS)[number]): string {
  const own = COMMANDS.filter((c) => c.section === title && !c.name.includes(' '));
  const lines = own.map(({ name, summary }) => `- [\`${name}\`](#${name}): ${summary}`);
  return [`**${title.slice(0, -1)}**`, '', ...lines].join('\n');
}

function environment(): string {
  const flags = COMMANDS.flatMap((c) => Object.values<Flag>(c.flags));
  const named = new Map(flags.flatMap((f) => (f.env === undefined ? [] : [[f.env, longOf(f)] as const])));
  return [
    '| variable | option |',
    '| --- | --- |',
    ...[...named].map(([name, long]) => `| \`${name}\` | \`${long}\` |`),
  ].join('\n');
}

/** What works on clusters has the options for them. */
function isCommon(descriptor: Descriptor): boolean {
  return 'access' in descriptor;
}

function chapter(descriptor: Descriptor): readonly string[] {
  const { name, summary, flags, examples } = descriptor;
  const all = Object.entries<Flag>(flags);
  const listed = all.filter(
    ([key, f]) => !isArgument(f) && !f.hidden && !(isCommon(descriptor) && key in COMMON),
  );
  return [
    `## ${name}`,
    summary,
    `\`\`\`\nkassette ${name} ${usage(descriptor)}\n\`\`\``,
    ...all.flatMap(([, f]) => (isArgument(f) ? [`\`${longOf(f)}\`: ${argumentText(f)}`] : [])),
    ...(listed.length === 0 ? [] : [table(Object.fromEntries(listed))]),
    ...(isCommon(descriptor) ? ['It also takes the [common options](#common-options).'] : []),
    `\`\`\`\n${examples.join('\n')}\n\`\`\``,
  ];
}

function usage({ name, flags }: Descriptor): string {
  const hasMore = COMMANDS.some((c) => c.name.startsWith(`${name} `));
  const given = Object.values<Flag>(flags).filter(isArgument);
  return ['[options]', ...(hasMore ? ['[command]'] : []), ...given.map((f) => f.usage)].join(' ');
}

function argumentText(flag: Flag): string {
  const allowed = choicesOf(flag);
  return allowed.length === 0 ? `${flag.help}.` : `one of ${choices(allowed)}.`;
}

function table(flags: FlagSet): string {
  return [
    '| option | meaning |',
    '| --- | --- |',
    ...Object.values(flags).map((f) => `| \`${f.usage}\` | ${meaning(f)} |`),
  ].join('\n');
}

function meaning(flag: Flag): string {
  const allowed = choicesOf(flag);
  const notes = [
    ...(flag.required ? ['required'] : []),
    ...(allowed.length === 0 ? [] : [`one of ${choices(allowed)}`]),
    ...(flag.default === undefined ? [] : [`default: \`${[flag.default].flat().join(' ')}\``]),
    ...(flag.env === undefined ? [] : [`environment: \`${flag.env}\``]),
  ];
  return [flag.help, ...notes].join('; ').replaceAll('|', '\\|');
}

function choices(values: readonly string[]): string {
  return values.map((v) => `\`${v}\``).join(', ');
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${nameOf(parent)} ${command.name()}` : command.name();
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

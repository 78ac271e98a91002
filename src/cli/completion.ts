import { Argument, Command } from 'commander';

/** `kassette completion SHELL` prints a script made from the program's own commands and options. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .summary('Print a script that completes commands and options in a shell.')
    .description('Print a script that completes commands and options in a shell.')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      '\nExamples:\n  $ source <(kassette completion bash)\n  $ kassette completion fish | source',
    )
    .action((shell: string) => {
      process.stdout.write(completionScript(program, shell));
    });
}

export function completionScript(program: Command, shell: string): string {
  const commands = program.commands.map((c) => ({
    name: c.name(),
    summary: c.summary(),
    options: c.options.map((o) => ({
      long: o.long ?? '',
      description: o.description,
      values: o.argChoices ?? [],
    })),
  }));
  return shell === 'fish' ? fish(commands) : bash(commands, shell === 'zsh');
}

interface Completable {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly { long: string; description: string; values: readonly string[] }[];
}

function bash(commands: readonly Completable[], zsh: boolean): string {
  const cases = commands.map(
    (c) => `    ${c.name}) words="${c.options.map((o) => o.long).join(' ')} --help" ;;`,
  );
  const choices = new Map(
    commands.flatMap((c) =>
      c.options.filter((o) => o.values.length > 0).map((o) => [o.long, o.values.join(' ')]),
    ),
  );
  const values = [...choices].map(([long, words]) => `    ${long}) words="${words}" ;;`);
  return [
    ...(zsh ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_kassette() {',
    `  local words="${commands.map((c) => c.name).join(' ')}"`,
    '  [ "$COMP_CWORD" -gt 1 ] && case "${COMP_WORDS[1]}" in',
    ...cases,
    '  esac',
    '  case "${COMP_WORDS[COMP_CWORD-1]}" in',
    ...values,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _kassette kassette',
    '',
  ].join('\n');
}

function fish(commands: readonly Completable[]): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines = commands.flatMap((c) => [
    `complete -c kassette -f -n __fish_use_subcommand -a ${c.name} -d ${quoted(c.summary)}`,
    ...c.options.map((o) => {
      const values = o.values.length > 0 ? ` -xa ${quoted(o.values.join(' '))}` : '';
      const seen = `__fish_seen_subcommand_from ${c.name}`;
      return `complete -c kassette -n ${quoted(seen)} -l ${o.long.slice(2)}${values} -d ${quoted(o.description)}`;
    }),
  ]);
  return `${lines.join('\n')}\n`;
}

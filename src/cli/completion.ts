import type { Descriptor } from './descriptor.ts';
import { choicesOf, isArgument, longOf } from './flags/flag.ts';

/** A script that completes commands and options in a shell. */
export function completionScript(descriptors: readonly Descriptor[], shell: 'bash' | 'zsh' | 'fish'): string {
  const commands = descriptors
    .filter((d) => !d.name.includes(' '))
    .map(({ name, summary, flags }) => ({
      ...{ name, summary },
      options: Object.values(flags)
        .filter((flag) => !isArgument(flag) && !flag.hidden)
        .map((flag) => ({ long: longOf(flag), description: flag.help, values: choicesOf(flag) })),
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

import { type CommandLine, commandOfHint, commandText, type Hint, hintText } from '../domain/hint.ts';
import type { Descriptor, Say } from './descriptor.ts';
import { longOf } from './flags/flag.ts';

/** Hints and commands for a run with these flags: a command of kassette names the same cluster as the run. */
export function sayFor(commands: readonly Descriptor[], given: Readonly<Record<string, unknown>>): Say {
  const command = (line: CommandLine) => commandText(located(commands, given, line));
  return Object.assign((hint: Hint) => hintText(hint, command), { command });
}

/** Where nothing is known of the place. */
export const plainly = sayFor([], {});

/** A hint as it stands in JSON, beside it the command that it names first. */
export function withHint<T extends { readonly hint: Hint | null }>(of: T, say: Say) {
  const command = of.hint === null ? undefined : commandOfHint(of.hint);
  return {
    ...of,
    hint: of.hint === null ? null : say(of.hint),
    ...(command === undefined ? {} : { command: say.command(command) }),
  };
}

function located(
  commands: readonly Descriptor[],
  given: Readonly<Record<string, unknown>>,
  line: CommandLine,
): CommandLine {
  const [program, ...words] = line.words;
  const into = line.into && { into: [...line.into, ...missingOf(line.into, given)] };
  if (program === 'kubectl') return { words: [...line.words, ...missingOf(line.words, given)], ...into };
  const flags = program === 'kassette' ? (describedBy(commands, words)?.flags ?? {}) : {};
  const missing = Object.entries(flags).flatMap(([name, flag]) => {
    const from = flag.locates === true ? name : (flag.locates ?? '');
    const values = [given[from] ?? []].flat().map(String);
    const long = longOf(flag);
    if (values.length === 0 || words.includes(long)) return [];
    return flag.repeats ? values.flatMap((value) => [long, value]) : [long, ...values];
  });
  return { ...line, words: [...line.words, ...missing], ...into };
}

/** What leads kubectl to the Kubernetes of the run, or to the one that the words name. */
function missingOf(words: readonly string[], given: Readonly<Record<string, unknown>>): readonly string[] {
  const { kubeconfig, context, k8ssandraCluster } = given;
  // Those of other Kubernetes clusters are of the form K8SCONTEXT=CONTEXT.
  const isPlain = (text: string) => k8ssandraCluster === undefined || !text.includes('=');
  const [plain] = [context ?? []].flat().map(String).filter(isPlain);
  return [
    ...(kubeconfig === undefined || words.includes('--kubeconfig')
      ? []
      : ['--kubeconfig', String(kubeconfig)]),
    ...(plain === undefined || words.includes('--context') ? [] : ['--context', plain]),
  ];
}

/** That of `plan restore-table` where these are the first words, else that of `plan`. */
export function describedBy(
  commands: readonly Descriptor[],
  words: readonly string[],
): Descriptor | undefined {
  const named = (length: number) => commands.find((c) => c.name === words.slice(0, length).join(' '));
  return named(2) ?? named(1);
}

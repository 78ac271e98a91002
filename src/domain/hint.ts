/** A command to type, word by word, and what its output is piped to. */
export interface CommandLine {
  readonly words: readonly string[];
  readonly into?: readonly string[];
}

/** The way out of a problem: text, with its commands as data, so that the edge can add where the user works. */
export type Hint = string | readonly (string | CommandLine)[];

export const kassette = (...words: readonly string[]): CommandLine => ({ words: ['kassette', ...words] });
export const kubectl = (...words: readonly string[]): CommandLine => ({ words: ['kubectl', ...words] });

/** What the command prints, applied to the cluster. */
export const applied = ({ words }: CommandLine): CommandLine => ({
  words,
  into: ['kubectl', 'apply', '-f', '-'],
});

/** A template whose values may be commands: hint`Run ${kassette('status')}.` */
export function hint(texts: TemplateStringsArray, ...values: readonly (Hint | CommandLine | number)[]): Hint {
  return texts.flatMap((text, i) => [text, ...partsOf(values[i] ?? '')]);
}

/** `a` or `b` or `c`. */
export function anyOf(commands: readonly CommandLine[]): Hint {
  return commands.flatMap((command, i) => (i === 0 ? [command] : [' or ', command]));
}

/** The hint with its text changed and its commands kept. */
export function mapText(of: Hint, change: (text: string) => string): Hint {
  return partsOf(of).map((part) => (typeof part === 'string' ? change(part) : part));
}

/** The hint with its commands changed and its text kept. */
export function mapCommands(of: Hint, change: (command: CommandLine) => CommandLine): Hint {
  return partsOf(of).map((part) => (typeof part === 'string' ? part : change(part)));
}

/** One text, the commands in backticks; `show` writes a command. */
export function hintText(of: Hint, show: (command: CommandLine) => string = commandText): string {
  return partsOf(of)
    .map((part) => (typeof part === 'string' ? part : `\`${show(part)}\``))
    .join('');
}

/** The command that a hint names first; undefined where it names none. */
export function commandOfHint(of: Hint): CommandLine | undefined {
  return partsOf(of).find((part) => typeof part !== 'string');
}

/** As a shell takes it. */
export function commandText({ words, into }: CommandLine): string {
  const line = (all: readonly string[]) => all.map(quoted).join(' ');
  return into === undefined ? line(words) : `${line(words)} | ${line(into)}`;
}

function quoted(word: string): string {
  return /^[\w:.,/@=+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function partsOf(value: Hint | CommandLine | number): readonly (string | CommandLine)[] {
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'string' || 'words' in value ? [value] : value;
}

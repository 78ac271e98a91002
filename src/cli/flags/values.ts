import { type Command, Option } from 'commander';
import { type Flag, type FlagSet, isArgument, type Values } from './flag.ts';

/** Exit status of wrong usage, as commander takes it. */
const USAGE = { exitCode: 2, code: 'kassette.usage' };

/** What was given, validated. Ends the process, with the right form, where a value is not valid. */
export function valuesOf<F extends FlagSet>(command: Command, flags: F): Values<F> {
  const args: unknown[] = [...command.processedArgs];
  const given = (flag: Flag) => (isArgument(flag) ? args.shift() : optionOf(command, flag));
  const entries = Object.entries(flags).map(([key, f]) => [key, validated(command, f, given(f))] as const);
  return Object.fromEntries(entries) as Values<F>;
}

function optionOf(command: Command, flag: Flag): unknown {
  const name = new Option(flag.usage).attributeName();
  const value: unknown = command.getOptionValue(name);
  const isEmpty = [value].flat().includes('');
  if (flag.neverEmpty && isEmpty && command.getOptionValueSource(name) === 'cli') {
    command.error(
      `error: option '${flag.usage}' is empty. Give it a value. In a Kanister blueprint: the ActionSet's object has no such field (object.namespace, object.name), so the template renders to nothing.`,
      USAGE,
    );
  }
  return value;
}

function validated(command: Command, { usage, schema }: Flag, value: unknown): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const text = String(issue?.path.reduce<unknown>((of, key) => (of as never)[key], value) ?? value);
  const what = usage.includes('--') ? `option '${usage}' argument` : 'command-argument value';
  return command.error(`error: ${what} '${text}' is invalid. ${issue?.message ?? ''}`, USAGE);
}

/** Commander lets `plan` take the flags of `plan restore-table` that it knows, wherever they stand: those of the two words are meant. */
export function adoptParentFlags(command: Command): void {
  const { parent } = command;
  for (const option of parent?.options ?? []) {
    const name = option.attributeName();
    if (parent?.getOptionValueSource(name) !== 'cli') continue;
    if (!command.options.some((o) => o.attributeName() === name))
      command.error(`error: unknown option '${option.long}'`, USAGE);
    if (command.getOptionValueSource(name) !== 'cli')
      command.setOptionValueWithSource(name, parent.getOptionValue(name), 'cli');
  }
}

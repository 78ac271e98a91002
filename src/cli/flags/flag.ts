import { z } from 'zod';
import { parseBytes, parseDuration } from '../quantities.ts';

/** One flag or argument of the command line: all that is known about it. */
export interface Flag<S extends z.ZodType = z.ZodType> {
  /** As `--help` writes it: `-n, --namespace <name>`; for an argument `<names...>`. */
  readonly usage: string;
  readonly help: string;
  /** Validates what the command line gives: a text, several texts, `true`, or undefined. */
  readonly schema: S;
  /** Section of `--help`; without one it stands with the other options. */
  readonly group?: string;
  readonly env?: string;
  /** As on the command line; with `plain` written without quotes. */
  readonly default?: string | readonly string[];
  readonly plain?: true;
  readonly required?: true;
  /** It may be given several times, each time with one value. */
  readonly repeats?: true;
  readonly hidden?: true;
  /** Another flag's name, which must not be given as well. */
  readonly conflicts?: string;
  /**
   * An empty value on the command line is refused. A template of a blueprint renders to nothing where the subject has no namespace;
   * the run would go on in the namespace of its own pod. An empty environment variable counts as not set.
   */
  readonly neverEmpty?: true;
  /** It says which cluster is meant: commands in hints repeat it; with a name, the value that the run's flag of that name has. */
  readonly locates?: true | string;
}

export type FlagSet = Readonly<Record<string, Flag>>;

/** What the flags come to. */
export type Values<F> = { readonly [K in keyof F]: F[K] extends Flag<infer S> ? z.output<S> : never };

export function flag<S extends z.ZodType>(
  usage: string,
  help: string,
  schema: S,
  more: Omit<Flag, 'usage' | 'help' | 'schema'> = {},
): Flag<S> {
  return { usage, help, schema, ...more };
}

/** The flags with the section of `--help` that they are in. */
export function grouped<F extends FlagSet>(group: string, flags: F): F {
  return Object.fromEntries(Object.entries(flags).map(([key, f]) => [key, { ...f, group }])) as F;
}

export const ON = z.boolean().default(false);
export const TEXT = z.string().optional();
export const TEXTS = z.array(z.string()).default([]);
/** An empty one counts as not given. */
export const TEXT_OR_NONE = z
  .string()
  .optional()
  .transform((text) => text || undefined);

export const oneOf = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `Allowed choices are ${values.join(', ')}.` });

/** `parse` answers null for what does not have that form. */
export function parsed<T>(parse: (text: string) => T | null, form: string) {
  return z.string().transform((text, context): T => {
    const value = parse(text);
    if (value !== null) return value;
    context.addIssue(`\`${text}\` is not ${form}.`);
    return z.NEVER;
  });
}

export const DURATION = parsed(parseDuration, 'a duration such as 90s, 10m or 1h');
export const BYTES = parsed(parseBytes, 'a size such as 512MiB or 10GiB');

/** A whole number above `least`. */
export const countAbove = (least: number, form: string) =>
  parsed((text) => (/^\d+$/.test(text) && Number(text) > least ? Number(text) : null), form);

/** The values that are allowed; none where any is. */
export function choicesOf({ schema }: Flag): readonly string[] {
  const inner = schema instanceof z.ZodDefault || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  return inner instanceof z.ZodEnum ? inner.options.map(String) : [];
}

export const isArgument = ({ usage }: Flag): boolean => !usage.includes('--');

/** `--namespace`; of an argument its name. */
export const longOf = ({ usage }: Flag): string =>
  /--[\w-]+/.exec(usage)?.[0] ?? /\w+/.exec(usage)?.[0] ?? '';

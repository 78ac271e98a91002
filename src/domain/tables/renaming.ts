import { qualified, quote, type Statement, splitStatements, tokenize } from '../schema/cql-text.ts';
import { parseSchema, type SchemaObject } from '../schema/schema.ts';

/** The word behind which an object's own name stands in its statements. */
const HEADS = {
  keyspace: 'keyspace',
  type: 'type',
  function: 'function',
  aggregate: 'aggregate',
  table: 'table',
  index: 'index',
  view: 'view',
} as const;

export interface NewNames {
  readonly keyspace: string;
  /** Of the object itself; of a keyspace the same as `keyspace`. */
  readonly name: string;
  /** Of an index the table that it is on. */
  readonly base?: string;
}

/** The same object under other names, all of them quoted. */
export function renamed(object: SchemaObject, to: NewNames): SchemaObject {
  const texts = object.statements.map((text) => {
    const statement = splitStatements(text)?.[0];
    return statement === undefined ? text : rewrite(object, statement, to);
  });
  const [whole] = parseSchema(texts.map((text) => `${text};`).join('\n'));
  return whole ?? object;
}

/** Under its own names, quoted: to compare it with what was made under such names. */
export function requoted(object: SchemaObject): SchemaObject {
  const { keyspace, name, base } = object;
  return renamed(object, { keyspace, name, ...(base === undefined ? {} : { base }) });
}

/**
 * The same statement in another keyspace: its own name there, and that of whatever it refers to, which all is in one keyspace: types,
 * functions, a view's table, a mask.
 */
export function inKeyspace(statement: string, from: string, to: string): string {
  const tokens = tokenize(statement) ?? [];
  const isName = (i: number) => {
    const token = tokens[i];
    return token?.text === from && (token.kind === 'name' || (token.kind === 'word' && !/^\d/.test(from)));
  };
  const isCreated = (i: number) => i === 2 && tokens[1]?.kind === 'word' && tokens[1].text === 'keyspace';
  const qualifies = (i: number) => tokens[i + 1]?.text === '.' && tokens[i - 1]?.text !== '.';
  const places = tokens.filter((_, i) => isName(i) && (qualifies(i) || isCreated(i)));
  return places.reduceRight(
    (text, { start, end }) => text.slice(0, start) + quote(to) + text.slice(end),
    statement,
  );
}

function rewrite({ kind }: SchemaObject, { text, tokens }: Statement, to: NewNames): string {
  const behind = (word: string) => {
    let at = tokens.findIndex((t) => t.kind === 'word' && t.text === word) + 1;
    if (tokens[at]?.kind === 'word' && tokens[at]?.text === 'if') at += 3;
    return at;
  };
  const replaced = (at: number, count: number, by: string, in_: string) => {
    const [first, last] = [tokens[at], tokens[at + count - 1]];
    return first === undefined || last === undefined
      ? in_
      : in_.slice(0, first.start) + by + in_.slice(last.end);
  };
  const at = behind(HEADS[kind]);
  if (kind === 'keyspace') return replaced(at, 1, quote(to.name), text);
  if (kind !== 'index') return replaced(at, 3, qualified(to.keyspace, to.name), text);
  // From behind, so that the earlier places stay where they are.
  const onTable = replaced(behind('on'), 3, qualified(to.keyspace, to.base ?? ''), text);
  return replaced(at, 1, quote(to.name), onTable);
}

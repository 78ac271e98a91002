import { type Token, tokenize } from './cql-text.ts';
import type { SchemaObject } from './schema.ts';

/** What stands in the parentheses of a `CREATE TABLE` or `CREATE TYPE`, as DESCRIBE writes it. */
export interface Columns {
  /** Name → everything behind it: type, `static`, `PRIMARY KEY`, a mask. In order. */
  readonly columns: ReadonlyMap<string, string>;
  /** `PRIMARY KEY (…)` as a line of its own; empty where a column carries it. */
  readonly key: string;
}

/** The columns of a table or fields of a type. */
export function columnsOf({ statements }: SchemaObject): Columns {
  const text = statements[0] ?? '';
  const columns = new Map<string, string>();
  let key = '';
  for (const part of partsInParentheses(tokenize(text) ?? [])) {
    const [first, second] = part;
    const last = part.at(-1);
    if (first === undefined || second === undefined || last === undefined) continue;
    const words = part.map((t) => (t.kind === 'name' ? `"${t.text}"` : t.text)).join(' ');
    if (first.kind === 'word' && first.text === 'primary' && second.text === 'key') key = words;
    else columns.set(first.text, text.slice(second.start, last.end));
  }
  return { columns, key };
}

/** Whether a table counts: its cells cannot be merged with others. */
export function isCounterTable(table: SchemaObject): boolean {
  return [...columnsOf(table).columns.values()].some((type) => /^counter\b/i.test(type));
}

/** The first parenthesised list, cut at its own commas. */
function partsInParentheses(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    const opens = token.kind === 'symbol' && (token.text === '(' || token.text === '<');
    const closes = token.kind === 'symbol' && (token.text === ')' || token.text === '>');
    if (closes && --depth === 0) break;
    if (depth === 1 && token.kind === 'symbol' && token.text === ',') parts.push([]);
    else if (depth > 0) parts.at(-1)?.push(token);
    if (opens) depth++;
  }
  return parts;
}

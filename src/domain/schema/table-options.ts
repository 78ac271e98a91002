import { canonical, type Token, tokenize } from './cql-text.ts';

/** A statement that defines or alters a keyspace, table or view, cut in two. */
export interface Definition {
  /** The text without the options: columns, key, clustering order, COMPACT STORAGE, which no ALTER … WITH changes. */
  readonly structure: string;
  /** Name → value as written, in order. */
  readonly options: ReadonlyMap<string, string>;
}

/**
 * Options that came with a release: what a table has whose description is of an older one and does not name them.
 * Source: `TableParams.Builder` of 4.0 to 5.0.
 */
const MEANT_UNNAMED: ReadonlyMap<string, string> = new Map([
  ['allow_auto_snapshot', 'true'],
  ['cdc', 'false'],
  ['incremental_backups', 'true'],
  ['memtable', "'default'"],
]);

/** Options that Cassandra describes and takes without an error, and that no statement sets. Source: `TableAttributes.build`. */
const NOT_SET_BY_CQL: ReadonlySet<string> = new Set(['extensions']);

export function definitionOf(text: string): Definition {
  const tokens = tokenize(text) ?? [];
  const at = lastOutside(tokens, 'with');
  const word = tokens[at];
  if (word === undefined) return { structure: text, options: new Map() };
  const options = new Map<string, string>();
  const others: string[] = [];
  for (const clause of clausesOf(tokens.slice(at + 1))) {
    const [name, equals, value] = clause;
    const end = clause.at(-1)?.end ?? 0;
    if (name === undefined) continue;
    if (equals?.text === '=' && value !== undefined) options.set(name.text, text.slice(value.start, end));
    else others.push(text.slice(name.start, end));
  }
  const head = text.slice(0, word.start).trimEnd();
  return { structure: others.length === 0 ? head : `${head} WITH ${others.join(' AND ')}`, options };
}

/** The statement of a definition, options behind the structure. */
export function statementOf({ structure, options }: Definition): string {
  if (options.size === 0) return structure;
  const joined = /\bWITH (CLUSTERING ORDER BY|COMPACT STORAGE)\b/i.test(structure) ? '\n    AND ' : ' WITH ';
  return structure + joined + [...options].map((o) => o.join(' = ')).join('\n    AND ');
}

/** An option whose values differ, as written. */
export interface OptionDifference {
  readonly name: string;
  readonly saved: string;
  readonly live: string;
}

/**
 * The options that differ. One that only one of both releases knows differs from what it means unnamed; where that is not
 * known, the other description says nothing about it.
 */
export function differingOptions(
  saved: Definition['options'],
  live: Definition['options'],
): readonly OptionDifference[] {
  return [...new Set([...saved.keys(), ...live.keys()])].flatMap((name) => {
    const unnamed = MEANT_UNNAMED.get(name);
    const [before, now] = [saved.get(name) ?? unnamed, live.get(name) ?? unnamed];
    if (NOT_SET_BY_CQL.has(name) || before === undefined || now === undefined) return [];
    return canonical(before) === canonical(now) ? [] : [{ name, saved: before, live: now }];
  });
}

const OPENING = ['(', '{', '['];
const CLOSING = [')', '}', ']'];

function depthChange({ kind, text }: Token): number {
  if (kind !== 'symbol') return 0;
  return OPENING.includes(text) ? 1 : CLOSING.includes(text) ? -1 : 0;
}

/** The place of the last such word outside all brackets; -1 where there is none. */
function lastOutside(tokens: readonly Token[], word: string): number {
  let depth = 0;
  let found = -1;
  for (const [i, token] of tokens.entries()) {
    depth += depthChange(token);
    if (depth === 0 && token.kind === 'word' && token.text === word) found = i;
  }
  return found;
}

/** Cut at each AND outside all brackets. */
function clausesOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const clauses: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    depth += depthChange(token);
    if (depth === 0 && token.kind === 'word' && token.text === 'and') clauses.push([]);
    else clauses.at(-1)?.push(token);
  }
  return clauses;
}

/**
 * Just enough of CQL's lexical grammar to cut a schema into statements and to read a statement's head. Strings, quoted
 * names, `$$` bodies and comments are recognised, so that none of them can be mistaken for syntax.
 * Source: Cassandra's `Lexer.g`.
 */
export interface Token {
  /** `comment` tokens are dropped by `tokenize`. */
  readonly kind: 'word' | 'name' | 'string' | 'symbol';
  /** A `word` lower-cased, a `name` without its quotes, otherwise as written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const LEXEMES = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<comment>--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)`,
    String.raw`(?<string>'(?:[^']|'')*'|\$\$[\s\S]*?\$\$)`,
    String.raw`(?<name>"(?:[^"]|"")*")`,
    String.raw`(?<word>[A-Za-z0-9_]+)`,
    String.raw`(?<symbol>[^\s'"])`,
  ].join('|'),
  'gy',
);

/** Tokens of `text` without white space and comments; null where a string, name or comment is not closed. */
export function tokenize(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  LEXEMES.lastIndex = 0;
  while (at < text.length) {
    const match = LEXEMES.exec(text);
    if (match === null) return null;
    const { space, comment, string, name, word } = match.groups ?? {};
    const end = at + match[0].length;
    if (string !== undefined) tokens.push({ kind: 'string', text: string, start: at, end });
    else if (name !== undefined) tokens.push({ kind: 'name', text: unquote(name), start: at, end });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word.toLowerCase(), start: at, end });
    else if (space === undefined && comment === undefined) {
      tokens.push({ kind: 'symbol', text: match[0], start: at, end });
    }
    at = end;
  }
  return tokens;
}

/** A statement with its tokens; offsets are into `text`, which has no closing semicolon. */
export interface Statement {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Cut `text` at top-level semicolons; null where it is not closed properly. Empty statements are left out. */
export function splitStatements(text: string): readonly Statement[] | null {
  const tokens = tokenize(text);
  if (tokens === null) return null;
  const statements: Statement[] = [];
  let from = 0;
  for (let i = 0; i <= tokens.length; i++) {
    const token = tokens[i];
    if (token !== undefined && !(token.kind === 'symbol' && token.text === ';')) continue;
    const own = tokens.slice(from, i);
    from = i + 1;
    const first = own[0];
    const last = own.at(-1);
    if (first === undefined || last === undefined) continue;
    statements.push({
      text: text.slice(first.start, last.end),
      tokens: own.map((t) => ({ ...t, start: t.start - first.start, end: t.end - first.start })),
    });
  }
  return statements;
}

/** An identifier for use in CQL: always quoted. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

/** A quoted identifier's name; a bare one as it stands. */
export function unquote(identifier: string): string {
  return identifier.startsWith('"') ? identifier.slice(1, -1).replaceAll('""', '"') : identifier;
}

/** `"keyspace"."name"`. */
export function qualified(keyspace: string, name: string): string {
  return `${quote(keyspace)}.${quote(name)}`;
}

/**
 * A text to compare statements or values by: without comments, and alike for what Cassandra takes for the same, that is white
 * space, quotes that a name does not need, the order of a map.
 */
export function canonical(text: string): string {
  const tokens = tokenize(text);
  return tokens === null ? text : canonicalTokens(tokens);
}

/** The same of tokens. */
export function canonicalTokens(tokens: readonly Token[]): string {
  return canonicalEntries(tokens.values(), null).join(', ');
}

/** What stands between commas, up to the bracket that closes, if any. */
function canonicalEntries(tokens: Iterator<Token>, closing: string | null): readonly string[] {
  const entries: string[] = [];
  const words: string[] = [];
  for (let next = tokens.next(); next.done !== true; next = tokens.next()) {
    const symbol = next.value.kind === 'symbol' ? next.value.text : '';
    if (symbol === closing) break;
    if (symbol === ',') entries.push(words.splice(0).join(' '));
    else words.push(symbol === '' ? canonicalWord(next.value) : canonicalGroup(symbol, tokens));
  }
  return [...entries, words.join(' ')];
}

const CLOSED_BY: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** A symbol; of an opening bracket all up to the one that closes it. */
function canonicalGroup(symbol: string, tokens: Iterator<Token>): string {
  const closing = CLOSED_BY.get(symbol);
  if (closing === undefined) return symbol;
  const entries = canonicalEntries(tokens, closing);
  return symbol + (symbol === '{' ? entries.toSorted() : entries).join(', ') + closing;
}

function canonicalWord({ kind, text }: Token): string {
  return kind === 'name' && !/^[a-z_][a-z0-9_]*$/.test(text) ? quote(text) : text;
}

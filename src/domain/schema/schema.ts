import { KassetteError } from '../errors.ts';
import { withCompactTables } from './compact-tables.ts';
import { quote, type Statement, splitStatements, type Token } from './cql-text.ts';

export type SchemaKind = 'keyspace' | 'type' | 'function' | 'aggregate' | 'table' | 'index' | 'view';

/** One object of a schema, with the statements that make it. */
export interface SchemaObject {
  readonly kind: SchemaKind;
  readonly keyspace: string;
  /** Without quotes; of a function or aggregate without its arguments; of a keyspace its own name. */
  readonly name: string;
  /** Argument types of a function or aggregate as CQL text, without parentheses: `int, text`. */
  readonly signature?: string;
  /** The table that an index or view belongs to. */
  readonly base?: string;
  /** Table or view id, lower-case with dashes; absent in a statement without internals. */
  readonly id?: string;
  /**
   * The statements without the id, in order. Dropped columns with their times are part of them.
   */
  readonly statements: readonly string[];
  /** Every word and quoted name in the statements: what this object may depend on. */
  readonly mentions: ReadonlySet<string>;
}

/** A schema in the order in which it can be created. */
export type Schema = readonly SchemaObject[];

/** Names an object uniquely within a schema. */
export function keyOf(object: Pick<SchemaObject, 'kind' | 'keyspace' | 'name' | 'signature'>): string {
  const arguments_ = object.signature === undefined ? '' : `(${object.signature})`;
  return `${object.kind} ${quote(object.keyspace)}.${quote(object.name)}${arguments_}`;
}

/** The schema as a file that people can read and cqlsh can run, ids and all. */
export function schemaText(createStatements: readonly string[]): string {
  return `${createStatements.map((s) => s.trim()).join('\n\n')}\n`;
}

/**
 * Parse the output of `DESCRIBE SCHEMA WITH INTERNALS` (its statements one after another).
 * @throws SCHEMA_UNREADABLE where a statement is not one that DESCRIBE writes.
 */
export function parseSchema(text: string): Schema {
  const statements = splitStatements(withCompactTables(text));
  if (statements === null) throw unreadable('a string, quoted name or comment is not closed', text);
  const objects: SchemaObject[] = [];
  for (const statement of statements) {
    const head = new Head(statement);
    if (head.is('alter', 'table')) {
      addAlteration(objects, statement, head);
    } else {
      objects.push(readCreate(statement, head));
    }
  }
  return objects;
}

function addAlteration(objects: SchemaObject[], statement: Statement, head: Head): void {
  const { keyspace, name } = head.skip(2).qualifiedName();
  const at = objects.findLastIndex((o) => o.kind === 'table' && o.keyspace === keyspace && o.name === name);
  const table = objects[at];
  if (table === undefined)
    throw unreadable('it alters a table that no statement before it creates', statement.text);
  objects[at] = {
    ...table,
    statements: [...table.statements, statement.text],
    mentions: new Set([...table.mentions, ...mentionsOf(statement)]),
  };
}

function readCreate(statement: Statement, head: Head): SchemaObject {
  if (!head.is('create')) throw unreadable('it is not a CREATE or ALTER TABLE statement', statement.text);
  head.skip(1).optional('or', 'replace');
  const mentions = mentionsOf(statement);
  const plain = { statements: [statement.text], mentions };
  if (head.take('keyspace')) {
    const name = head.optional('if', 'not', 'exists').identifier();
    return { kind: 'keyspace', keyspace: name, name, ...plain };
  }
  if (head.take('type')) {
    return { kind: 'type', ...head.optional('if', 'not', 'exists').qualifiedName(), ...plain };
  }
  if (head.take('function')) {
    const named = head.optional('if', 'not', 'exists').qualifiedName();
    return { kind: 'function', ...named, signature: head.argumentTypes(true), ...plain };
  }
  if (head.take('aggregate')) {
    const named = head.optional('if', 'not', 'exists').qualifiedName();
    return { kind: 'aggregate', ...named, signature: head.argumentTypes(false), ...plain };
  }
  if (head.take('table')) {
    const named = head.optional('if', 'not', 'exists').qualifiedName();
    return { kind: 'table', ...named, ...withoutId(statement), mentions };
  }
  if (head.take('materialized')) {
    const named = head.skip(1).optional('if', 'not', 'exists').qualifiedName();
    const base = head.after('from').qualifiedName().name;
    return { kind: 'view', ...named, base, ...withoutId(statement), mentions };
  }
  head.take('custom');
  if (head.take('index')) {
    const name = head.optional('if', 'not', 'exists').identifier();
    const table = head.after('on').qualifiedName();
    return { kind: 'index', keyspace: table.keyspace, name, base: table.name, ...plain };
  }
  throw unreadable('it creates something unknown', statement.text);
}

function mentionsOf(statement: Statement): ReadonlySet<string> {
  return new Set(statement.tokens.filter((t) => t.kind === 'word' || t.kind === 'name').map((t) => t.text));
}

/** Cut `ID = …` out of the options: a table that is recreated takes a new id. */
function withoutId(statement: Statement): { id?: string; statements: readonly string[] } {
  const { text, tokens } = statement;
  const options = tokens.findLastIndex((t) => t.kind === 'word' && t.text === 'with');
  const at = tokens.findIndex((t, i) => i > options && options >= 0 && t.text === 'id' && t.kind === 'word');
  const word = tokens[at];
  if (word === undefined || tokens[at + 1]?.text !== '=') return { statements: [text] };
  const match = /^ID\s*=\s*([0-9a-f]{8}-[0-9a-f-]{27})(\s*AND\s+)?/i.exec(text.slice(word.start));
  if (match?.[1] === undefined) throw unreadable('its table id is not a UUID', text);
  const rest = text.slice(word.start + match[0].length);
  const isOnlyOption = match[2] === undefined && at === options + 1;
  const before = isOnlyOption ? text.slice(0, tokens[options]?.start).trimEnd() : text.slice(0, word.start);
  return { id: match[1].toLowerCase(), statements: [before + rest] };
}

/** Reads a statement's tokens from the front. */
class Head {
  readonly #statement: Statement;
  #at = 0;

  constructor(statement: Statement) {
    this.#statement = statement;
  }

  is(...words: readonly string[]): boolean {
    return words.every((word, i) => {
      const token = this.#statement.tokens[this.#at + i];
      return token?.kind === 'word' && token.text === word;
    });
  }

  skip(count: number): this {
    this.#at += count;
    return this;
  }

  take(word: string): boolean {
    const found = this.is(word);
    if (found) this.#at++;
    return found;
  }

  optional(...words: readonly string[]): this {
    return this.is(...words) ? this.skip(words.length) : this;
  }

  /** Go behind the first such word, from here on. */
  after(word: string): this {
    while (this.#at < this.#statement.tokens.length && !this.is(word)) this.#at++;
    return this.skip(1);
  }

  identifier(): string {
    const token = this.#statement.tokens[this.#at++];
    if (token === undefined || (token.kind !== 'word' && token.kind !== 'name')) {
      throw unreadable('a name is missing', this.#statement.text);
    }
    return token.text;
  }

  qualifiedName(): { keyspace: string; name: string } {
    const keyspace = this.identifier();
    if (this.#statement.tokens[this.#at++]?.text !== '.') {
      throw unreadable('a name has no keyspace', this.#statement.text);
    }
    return { keyspace, name: this.identifier() };
  }

  /** Types in the parenthesised list that follows; `named` where each has an argument's name before it. */
  argumentTypes(named: boolean): string {
    const list = this.#untilClosed();
    const types: string[] = [];
    let depth = 0;
    let from = 0;
    list.forEach((token, i) => {
      depth += nesting(token);
      if (depth > 0 || (token.text !== ',' && i < list.length - 1)) return;
      const end = token.text === ',' ? i - 1 : i;
      types.push(this.#between(list[named ? from + 1 : from], list[end]));
      from = i + 1;
    });
    return types.join(', ');
  }

  /** The tokens between the parenthesis here and the one that closes it. */
  #untilClosed(): readonly Token[] {
    const tokens = this.#statement.tokens;
    const from = this.#at + 1;
    let depth = 0;
    for (let i = this.#at; i < tokens.length; i++) {
      const token = tokens[i];
      if (token !== undefined) depth += nesting(token);
      if (depth === 0) return tokens.slice(from, Math.max(from, i));
    }
    throw unreadable('an argument list is not closed', this.#statement.text);
  }

  #between(first: Token | undefined, last: Token | undefined): string {
    if (first === undefined || last === undefined || first.start > last.start) {
      throw unreadable('an argument has no type', this.#statement.text);
    }
    return this.#statement.text.slice(first.start, last.end);
  }
}

/** How a bracket changes the depth: types nest in `<…>`, a vector's size and a tuple's parts come within. */
function nesting(token: Token): number {
  if (token.kind !== 'symbol') return 0;
  if (token.text === '<' || token.text === '(') return 1;
  return token.text === '>' || token.text === ')' ? -1 : 0;
}

function unreadable(why: string, text: string): KassetteError {
  const line = text.trim().split('\n')[0]?.slice(0, 80) ?? '';
  return new KassetteError(
    'SCHEMA_UNREADABLE',
    `The schema has a statement that cannot be understood: ${why}: \`${line}\``,
    'Nothing was changed. If somebody edited `schema.cql` in the backup, undo that; otherwise report the statement.',
  );
}

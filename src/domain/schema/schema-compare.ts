import { canonical, canonicalTokens, tokenize } from './cql-text.ts';
import { isLegacyImplementation } from './index-implementation.ts';
import type { SchemaObject } from './schema.ts';
import { type Definition, definitionOf, differingOptions } from './table-options.ts';

/** `options`: the live object becomes the saved one by `ALTER … WITH`. `definition`: only by being dropped and created again. */
export type Difference = 'none' | 'options' | 'definition';

/** How a live object differs from the saved one of the same name. */
export function differenceOf(saved: SchemaObject, live: SchemaObject): Difference {
  if (saved.statements.join('\n') === live.statements.join('\n')) return 'none';
  const [before, now] = [comparable(saved), comparable(live)];
  if (before.lines.join('\n') !== now.lines.join('\n')) return 'definition';
  return differingOptions(before.options, now.options).length === 0 ? 'none' : 'options';
}

export function sameDefinition(a: SchemaObject, b: SchemaObject): boolean {
  return differenceOf(a, b) === 'none';
}

/** The first line or option that only one of two definitions has, for a message; empty where they are the same. */
export function firstDifference(saved: SchemaObject, live: SchemaObject): string {
  const [before, now] = [comparable(saved), comparable(live)];
  const line =
    before.lines.find((l) => !now.lines.includes(l)) ?? now.lines.find((l) => !before.lines.includes(l));
  if (line !== undefined) return line;
  const [option] = differingOptions(before.options, now.options);
  return option === undefined ? '' : `${option.name} = ${option.saved}`;
}

/** What an object is compared by. */
interface Comparable {
  readonly lines: readonly string[];
  readonly options: Definition['options'];
}

function comparable(object: SchemaObject): Comparable {
  const [first = '', ...alterations] = object.statements;
  if (object.kind === 'table' || object.kind === 'view') {
    const { structure, options } = definitionOf(first);
    return { lines: linesOf([structure, ...alterations]), options };
  }
  if (object.kind === 'keyspace') {
    const { structure, options } = definitionOf(first);
    return { lines: [canonical(structure)], options };
  }
  const lines = object.kind === 'index' ? [canonicalIndex(first)] : object.statements.map(canonical);
  return { lines, options: new Map() };
}

/**
 * A table's or view's lines in an order of their own: DESCRIBE gives dropped columns in that of a hash map, which differs
 * from node to node. Of a drop's time only the milliseconds count: Cassandra keeps no more, but the node that coordinated the
 * drop also has the microseconds, until its next start. In a type or function the order of lines means something.
 */
function linesOf(statements: readonly string[]): readonly string[] {
  return statements
    .map((s) => s.replace(/^(ALTER TABLE [\s\S]* USING TIMESTAMP \d+)\d{3}$/, '$1'))
    .flatMap((s) => s.split('\n'))
    .map((line) => line.trim().replace(/,$/, ''))
    .toSorted();
}

/** An index whose statement names no implementation is a legacy one: that is how DESCRIBE writes these. */
function canonicalIndex(text: string): string {
  const tokens = tokenize(text) ?? [];
  const [using, implementation] = tokens.slice(-2);
  const isNamed = using?.text === 'using' && isLegacyImplementation(implementation?.text ?? '');
  return canonicalTokens(isNamed ? tokens.slice(0, -2) : tokens);
}

/*
 * DESCRIBE writes a table with COMPACT STORAGE as a comment, with a warning before it: text that a reader of CQL passes over, as
 * if there were no such table. What it holds is the table's statement all the same, which Cassandra takes.
 * Source: `TableMetadata.CompactTableMetadata.appendCqlTo`, 4.0 to 5.0.
 */
const AS_COMMENT =
  /^\/\*\s*Warning: Table [^\n]* omitted because [^\n]*\n[\s\S]*?\(this should not be used to reproduce this schema\)\s*(CREATE TABLE [\s\S]*?)\s*\*\/$/;

/** What a node writes for one table, out of its comment. */
export function outOfComment(described: string): string {
  return AS_COMMENT.exec(described.trim())?.[1] ?? described;
}

/** Strings, quoted names, comments to the end of a line: what may hold the beginning of a comment without being one. */
const SPANS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$\$[\s\S]*?\$\$|--[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** The text of a schema with such tables out of their comments, as kassette itself has saved it since. */
export function withCompactTables(text: string): string {
  if (!text.includes('/*')) return text;
  return text.replace(SPANS, outOfComment);
}

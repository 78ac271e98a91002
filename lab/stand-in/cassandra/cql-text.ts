/** A CQL name, exactly as given. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A CQL text literal. */
export function quoteText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

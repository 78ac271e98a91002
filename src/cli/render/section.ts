/** A titled, indented list; nothing where there is nothing to list. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((l) => `  ${l}`)];
}

/** Title of what a plan creates: it changes nothing, so it has not tried any of that. */
export const CREATE = 'create, after a rehearsal in a keyspace of its own';

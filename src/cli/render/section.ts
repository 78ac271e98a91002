/** A titled, indented list; nothing where there is nothing to list. */
export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((l) => `  ${l}`)];
}

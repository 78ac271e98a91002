/** What a command was told of where the datacenters are. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/** Those that work on datacenters. */
const COMMAND =
  /«(kassette (?:before-backup|after-backup|before-restore|after-restore|recover|clean-volume|plan|restore-table|verify|status|doctor)\b[^»]*)»/g;

/** The text with each command between « and » told the same place: from where it is copied to, it would work elsewhere. */
export function located(text: string, place: Place): string {
  const words = (['namespace', 'context', 'kubeconfig'] as const).flatMap((option) => {
    const value = place[option];
    // Anything else would want quoting, in the shell and in JSON.
    return value !== undefined && /^[\w:.,/@=+-]+$/.test(value) ? [[`--${option}`, value] as const] : [];
  });
  return text.replaceAll(COMMAND, (_, command: string) => {
    const missing = words.filter(([option]) => !command.includes(`${option} `)).flat();
    return `«${[command, ...missing].join(' ')}»`;
  });
}

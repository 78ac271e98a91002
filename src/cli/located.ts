/** What the command line says of where the datacenters are. */
export interface Place {
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly embedded?: string | undefined;
  readonly datacenter?: readonly string[] | undefined;
}

const OPTIONS = ['embedded', 'namespace', 'context', 'kubeconfig', 'datacenter'] as const;

/** Those that work on datacenters, in the quotes of a message. */
const COMMAND =
  /([«`])(kassette (?:before-backup|after-backup|before-restore|after-restore|recover|clean-volume|plan|restore-table|verify|status|doctor)\b[^»`]*)([»`])/g;

/** The text with the place added to each quoted command: copied without it, the command would work on another cluster. */
export function located(text: string, place: Place): string {
  const words = OPTIONS.flatMap((option) => {
    const values = [place[option] ?? []].flat();
    // Anything else would want quoting, in the shell and in JSON.
    const plain = values.length > 0 && values.every((v) => /^[\w:.,/@=+-]+$/.test(v));
    return plain ? [[`--${option}`, ...values]] : [];
  });
  return text.replaceAll(COMMAND, (_, before: string, command: string, after: string) => {
    const missing = words.filter(([option]) => !command.includes(`${option} `)).flat();
    return `${before}${[command, ...missing].join(' ')}${after}`;
  });
}

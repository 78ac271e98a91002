import type { Names } from './settings.ts';

export const EVERYWHERE =
  'These rights hold in every namespace of the cluster. Whoever can use the service account may run commands in every pod and create Jobs in every namespace, and so do nearly anything in the cluster. Name the namespaces of the datacenters instead.';

export const EVERY_SECRET =
  'These rights allow reading every secret where they hold, those of other applications as well. Name the secrets that the datacenters use instead.';

/** Pure: what has to be known before rights are granted that are wider than the datacenters need; none where they are not. */
export function warningsOf(namespaces: Names, secrets: Names): readonly string[] {
  return [...(namespaces === 'all' ? [EVERYWHERE] : []), ...(secrets === 'all' ? [EVERY_SECRET] : [])];
}

/** The same at the head of a file. */
export function withWarnings(warnings: readonly string[], comment: string): string {
  return [...warnings.map((w) => `WARNING: ${w}`), comment].join('\n');
}

import { KassetteError } from '../errors.ts';

/** Whether release `a` is older than `b`, by its numbers: a pre-release counts as its release. */
export function isOlder(a: string, b: string): boolean {
  const numbers = (v: string) => (v.split('-')[0] ?? '').split('.').map(Number);
  const [x, y] = [numbers(a), numbers(b)];
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Of Apache Cassandra: those whose schema, files and management kassette was tested with. */
const KNOWN = ['4.0', '4.1', '5.0'] as const;

/**
 * That kassette knows what the nodes run. Newer releases describe more of a schema (`COMMENT ON`, `SECURITY LABEL`, constraints) and keep it
 * elsewhere: a part of it could be lost without anybody noticing.
 * @throws UNSUPPORTED_SERVER
 */
export function checkReleases(
  members: ReadonlyMap<string, { readonly releaseVersion: string }>,
  unchanged: string,
): void {
  for (const [name, { releaseVersion }] of members) {
    if (
      KNOWN.some((known) => releaseVersion.startsWith(`${known}.`) || releaseVersion.startsWith(`${known}-`))
    )
      continue;
    throw new KassetteError(
      'UNSUPPORTED_SERVER',
      `${name} runs Cassandra ${releaseVersion}; kassette knows ${KNOWN.join(', ')}.`,
      `${unchanged} Use a release of kassette that knows this one.`,
    );
  }
}

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheDirectory, makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { runQuietly } from '../../../../lab/cassandra/run-quietly.ts';

const SUITE = 'bookworm';

/** What no process in a container reads. */
const SUPERFLUOUS = [
  'usr/share/doc',
  'usr/share/locale',
  'usr/share/info',
  'var/cache/apt',
  'var/lib/apt/lists',
];

/** The user as whom cass-operator runs Cassandra's pods. */
export const CASSANDRA_USER = 999;

/** A layer (tar) with Debian's essential packages, the named ones, and a user `cassandra`; made once. */
export async function debianRoot(packages: readonly string[]): Promise<string> {
  const options = [
    '--mode=root',
    '--variant=essential',
    '--quiet',
    `--include=${packages.join(',')}`,
    '--aptopt=Acquire::Retries "3"',
    ...customizations().map((script) => `--customize-hook=${script}`),
  ];
  const name = createHash('sha256')
    .update(JSON.stringify([options, SUITE]))
    .digest('hex')
    .slice(0, 12);
  const home = await makeOnce(join(cacheDirectory(), 'bed', 'roots', name), async (directory) => {
    await runQuietly('mmdebstrap', [...options, SUITE, join(directory, 'root.tar')]);
  });
  return join(home, 'root.tar');
}

function customizations(): readonly string[] {
  const id = CASSANDRA_USER;
  return [
    // A home outside the volume: Java libraries keep files there.
    `echo "cassandra:x:${id}:${id}::/tmp:/bin/bash" >> "$1/etc/passwd"`,
    `echo "cassandra:x:${id}:" >> "$1/etc/group"`,
    ...SUPERFLUOUS.map((path) => `rm -rf "$1/${path}"`),
  ];
}

import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Distribution } from '../../../../lab/cassandra/distribution.ts';
import { POD } from '../../../../lab/pod/pod-places.ts';
import { writeLayer } from './docker-archive.ts';

const HOME = dirname(POD.distribution);
const DEBIAN_JAVA = '/usr/bin/java';

/** The Debian packages with the Java of that release; none where the distribution brings its own runtime. */
export function javaPackages({ javaMajor }: Distribution): readonly string[] {
  return javaMajor === 17 ? ['openjdk-17-jre-headless'] : [];
}

/** Cassandra under `/opt/cassandra`, with the file that tells the stand-in where everything is. */
export async function writeDistributionLayer(
  version: string,
  distribution: Distribution,
  target: string,
): Promise<void> {
  const stage = `${target}.stage`;
  const inImage = placesInImage(distribution);
  const sources = [distribution.libraries, distribution.jolokiaAgent, ...distribution.classPath];
  const targets = [inImage.libraries, inImage.jolokiaAgent, ...inImage.classPath];
  try {
    await mkdir(join(stage, HOME), { recursive: true });
    for (const [index, source] of sources.entries()) {
      await cp(source, join(stage, targets[index] ?? HOME), { recursive: true });
    }
    if (inImage.java !== DEBIAN_JAVA) {
      await cp(javaHome(distribution.java), join(stage, javaHome(inImage.java)), { recursive: true });
    }
    const description = `${JSON.stringify({ version, ...inImage }, null, 2)}\n`;
    await writeFile(join(stage, POD.distribution), description);
    await writeLayer(stage, 'opt', target);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

function placesInImage(distribution: Distribution): Distribution {
  const within = (path: string) => join(HOME, basename(path));
  return {
    javaMajor: distribution.javaMajor,
    java: javaPackages(distribution).length > 0 ? DEBIAN_JAVA : join(HOME, 'java', 'bin', 'java'),
    libraries: join(HOME, 'lib'),
    classPath: distribution.classPath.map(within),
    jolokiaAgent: within(distribution.jolokiaAgent),
  };
}

function javaHome(java: string): string {
  return dirname(dirname(java));
}

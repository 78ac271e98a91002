import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { VERSION } from '../../../../src/domain/version.ts';
import { debianRoot } from '../../bed/image/debian-root.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../../..');

/** As the committed manifests name it. */
export const KASSETTE_IMAGE = `kassette:${VERSION}`;
const BASE_IMAGE = 'kassette.test/node:test';

/** Path of an archive with the image that the Containerfile describes, on a base of Debian and Node.js alone. */
export async function buildKassetteImage(): Promise<string> {
  const programs = (await readdir(join(ROOT, 'dist'))).filter((name) => name.endsWith('.mjs'));
  const files = ['Containerfile', ...programs.map((name) => join('dist', name))];
  const inputs = await Promise.all(files.map((f) => readFile(join(ROOT, f))));
  const root = await debianRoot(['libstdc++6']);
  const hash = createHash('sha256').update(root).update(process.version).update(KASSETTE_IMAGE);
  for (const input of inputs) hash.update(input);
  const images = join(cacheDirectory(), 'bed', 'images');
  const name = `kassette-${hash.digest('hex').slice(0, 12)}`;
  await makeOnce(join(images, name), (directory) => assemble(directory, root, programs));
  // Each build of the program has made one, of a hundred megabytes.
  const earlier = (await readdir(images)).filter(
    (other) => /^kassette-[0-9a-f]{12}$/.test(other) && other !== name,
  );
  await Promise.all(earlier.map((other) => rm(join(images, other), { recursive: true, force: true })));
  return join(images, name, 'image.tar');
}

async function assemble(directory: string, root: string, programs: readonly string[]): Promise<void> {
  const storage = join(directory, 'storage');
  const buildah = (...args: readonly string[]) =>
    run('buildah', ['--root', storage, '--runroot', `${storage}-run`, '--storage-driver', 'vfs', ...args]);
  const { stdout: sbom } = await run('npm', ['sbom', '--omit=dev', '--sbom-format=spdx'], {
    cwd: ROOT,
    maxBuffer: 1 << 26,
  });
  const context = join(directory, 'context');
  await mkdir(join(context, 'dist'), { recursive: true });
  for (const name of programs) await copyFile(join(ROOT, 'dist', name), join(context, 'dist', name));
  await writeFile(join(context, 'dist/kassette.spdx.json'), sbom);
  const base = (await buildah('from', 'scratch')).stdout.trim();
  await buildah('add', base, root, '/');
  await buildah('copy', '--chmod', '0755', base, process.execPath, '/usr/local/bin/node');
  await buildah('config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin', base);
  await buildah('commit', '--rm', base, BASE_IMAGE);
  const build = ['--isolation', 'chroot', '--build-arg', `BASE_IMAGE=${BASE_IMAGE}`, '--pull-never'];
  await buildah('build', ...build, '--tag', KASSETTE_IMAGE, '--file', join(ROOT, 'Containerfile'), context);
  await buildah('push', KASSETTE_IMAGE, `docker-archive:${join(directory, 'image.tar')}:${KASSETTE_IMAGE}`);
  await buildah('rmi', '--all', '--force');
  await rm(storage, { recursive: true, force: true });
  await rm(`${storage}-run`, { recursive: true, force: true });
  await rm(context, { recursive: true });
}

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeOnce } from '../../../../lab/cassandra/prerequisites.ts';
import { bedCache } from '../places.ts';
import { run } from '../run.ts';

const SOURCE = join(import.meta.dirname, 'pause.c');

/** The image of every pod's first container; also a program that waits, for tests that need no more. */
export const PAUSE_IMAGE = 'localhost/pause:3.10';

/** The pause image as a docker archive, made once and kept in the cache. */
export async function pauseArchive(): Promise<string> {
  const key = createHash('sha256').update(readFileSync(SOURCE)).digest('hex').slice(0, 12);
  const made = await makeOnce(join(bedCache(), `pause-${key}`), writeArchive);
  return join(made, 'pause.tar');
}

async function writeArchive(directory: string): Promise<void> {
  const root = join(directory, 'root');
  await mkdir(root);
  await run('gcc', ['-static', '-Os', '-s', '-o', join(root, 'pause'), SOURCE]);
  await tar(join(directory, 'layer.tar'), root, ['pause']);
  const layer = createHash('sha256')
    .update(readFileSync(join(directory, 'layer.tar')))
    .digest('hex');
  await writeJson(join(directory, 'config.json'), {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: ['/pause'], User: '65535:65535' },
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
    history: [{ created_by: 'pause.c' }],
  });
  await writeJson(join(directory, 'manifest.json'), [
    { Config: 'config.json', RepoTags: [PAUSE_IMAGE], Layers: ['layer.tar'] },
  ]);
  await tar(join(directory, 'pause.tar'), directory, ['manifest.json', 'config.json', 'layer.tar']);
}

const tar = (archive: string, from: string, names: readonly string[]): Promise<string> =>
  run('tar', ['--owner=0', '--group=0', '--mtime=@0', '-cf', archive, '-C', from, ...names]);

const writeJson = (file: string, content: unknown): Promise<void> => writeFile(file, JSON.stringify(content));

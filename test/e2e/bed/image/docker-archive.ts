import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, link, mkdir, rm, writeFile } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runQuietly } from '../../../../lab/cassandra/run-quietly.ts';

export interface Image {
  /** Such as `kassette.test/cassandra:5.0.6`. */
  readonly reference: string;
  /** Uncompressed tars, the lowest first. */
  readonly layers: readonly string[];
  readonly command: readonly string[];
  readonly user: number;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Writes the image as `docker save` does, for `ctr images import`: no builder and no daemon is needed. */
export async function writeDockerArchive(image: Image, target: string): Promise<void> {
  const stage = `${target}.stage`;
  await mkdir(stage, { recursive: true });
  try {
    const digests = await Promise.all(image.layers.map(sha256));
    for (const [index, layer] of image.layers.entries()) {
      const staged = join(stage, `${digests[index]}.tar`);
      await link(layer, staged).catch(() => cp(layer, staged));
    }
    const config = JSON.stringify(configuration(image, digests));
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    const layers = digests.map((digest) => `${digest}.tar`);
    const manifest = [{ Config: configName, RepoTags: [image.reference], Layers: layers }];
    await writeFile(join(stage, configName), config);
    await writeFile(join(stage, 'manifest.json'), JSON.stringify(manifest));
    const files = ['manifest.json', configName, ...new Set(layers)];
    await runQuietly('tar', ['--create', `--file=${target}`, `--directory=${stage}`, ...files]);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** A layer with what `directory` holds under `top`, owned by root. */
export async function writeLayer(directory: string, top: string, target: string): Promise<void> {
  // Readable by all: Cassandra does not run as root, and directories made by mkdtemp are closed.
  const ownership = ['--owner=0', '--group=0', '--numeric-owner', '--mode=a+rX', '--sort=name', '--mtime=@0'];
  await runQuietly('tar', ['--create', `--file=${target}`, `--directory=${directory}`, ...ownership, top]);
}

function configuration(image: Image, digests: readonly string[]) {
  return {
    architecture: arch() === 'x64' ? 'amd64' : arch(),
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: {
      User: `${image.user}:${image.user}`,
      Env: [`PATH=${PATH}`],
      Cmd: image.command,
      WorkingDir: '/',
    },
    rootfs: { type: 'layers', diff_ids: digests.map((digest) => `sha256:${digest}`) },
    history: digests.map(() => ({ created: '1970-01-01T00:00:00Z', created_by: 'kassette' })),
  };
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { ClusterNode } from '../../../../src/adapters/embedded/cluster-file.ts';
import { type Manifest, renderMarker, sha256 } from '../../../../src/domain/backup/manifest.ts';
import { found } from './leftovers.ts';

const run = promisify(execFile);

/*
 * Damages a backup in the volumes, and mends it when the test has ended. A snapshot's files are hard links to live data:
 * they are replaced, never written to.
 */

export function backupDirectory(node: ClusterNode, tag: string): string {
  return join(node.volume, 'kassette', tag);
}

/** Move a file or directory away until the test ends; answers where to. */
export async function takeAway(t: TestContext, path: string): Promise<string> {
  // Outside of whatever is looked through, on the same file system.
  const away = `${path}.away`;
  await rename(path, away);
  t.after(async () => {
    await rm(path, { recursive: true, force: true });
    await rename(away, path);
  });
  return away;
}

/** Put an altered copy in a file's place until the test ends. */
export async function replaceFile(
  t: TestContext,
  path: string,
  alter: (content: Buffer) => Uint8Array | string,
): Promise<void> {
  const away = join(path, '..', '..', `away-${path.slice(path.lastIndexOf('/') + 1)}`);
  await rename(path, away);
  await writeFile(path, alter(await readFile(away)));
  await chmod(path, (await stat(away)).mode);
  t.after(() => rename(away, path));
}

/** Edit a node's manifest and sign the result again, until the test ends. */
export async function editManifest(
  t: TestContext,
  node: ClusterNode,
  tag: string,
  edit: (manifest: Manifest) => Record<string, unknown>,
): Promise<void> {
  const directory = backupDirectory(node, tag);
  await keepCopy(t, directory);
  await sign(directory, tag, edit(await readManifest(node, tag)));
}

/** Edit a node's saved schema and sign the result again, until the test ends. */
export async function editSchema(
  t: TestContext,
  node: ClusterNode,
  tag: string,
  edit: (schema: string) => string,
): Promise<void> {
  const directory = backupDirectory(node, tag);
  await keepCopy(t, directory);
  const schema = edit(await readFile(join(directory, 'schema.cql'), 'utf8'));
  await writeFile(join(directory, 'schema.cql'), schema);
  await sign(directory, tag, { ...(await readManifest(node, tag)), schemaSha256: sha256(schema) });
}

export async function readManifest(node: ClusterNode, tag: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(backupDirectory(node, tag), 'backup.json'), 'utf8'));
}

/** Make a second backup of a first one, as complete as that. */
export async function duplicateBackup(node: ClusterNode, tag: string, second: string): Promise<void> {
  const directory = backupDirectory(node, second);
  await mkdir(directory);
  await run('cp', ['-a', `${backupDirectory(node, tag)}/.`, directory]);
  await sign(directory, second, { ...(await readManifest(node, tag)), tag: second });
  for (const snapshot of await found(node, '-type', 'd', '-path', `*/snapshots/${tag}`)) {
    const from = join(node.volume, snapshot);
    await run('cp', ['-al', from, join(from, '..', second)]);
  }
}

/** One SSTable of the backup: paths of its Data.db, below the volume as messages name it, and of its digest. */
export async function someDataFile(node: ClusterNode, tag: string) {
  const manifest = await readManifest(node, tag);
  const [part] =
    manifest.tables.find((t) => t.keyspace === 'deletions' && t.name === 'tombstones')?.parts ?? [];
  const file = [...(part?.files ?? [])].find((f) => f.name.endsWith('-Data.db'));
  if (part === undefined || file?.crc === undefined)
    throw new Error(`No Data.db of the table on ${node.name}.`);
  const shown = `${part.directory}/snapshots/${tag}/${file.name}`;
  const path = join(node.volume, shown);
  return { shown, path, digest: path.replace(/Data\.db$/, 'Digest.crc32'), bytes: file.bytes, crc: file.crc };
}

async function sign(directory: string, tag: string, manifest: Record<string, unknown>): Promise<void> {
  // Also what no kassette of today writes, such as a higher version.
  const text = JSON.stringify(manifest);
  await writeFile(join(directory, 'backup.json'), text);
  await writeFile(join(directory, 'complete'), renderMarker(tag, { sha256: sha256(text) }));
}

async function keepCopy(t: TestContext, directory: string): Promise<void> {
  const copy = join(directory, '..', `copy-${directory.slice(directory.lastIndexOf('/') + 1)}`);
  await run('cp', ['-a', directory, copy]);
  t.after(async () => {
    await rm(directory, { recursive: true });
    await rename(copy, directory);
  });
}

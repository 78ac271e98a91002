import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ClusterNode } from '../../src/adapters/embedded/cluster-file.ts';
import { BIG } from './big-table.ts';

/** Where a node's part of the backup lies: in its own volume, or in a copy of that. */
export interface Home {
  readonly node: ClusterNode;
  readonly volume: string;
  readonly tag: string;
}

export function snapshotIn({ node, volume, tag }: Home): Promise<string> {
  return tableIn(join(volume, relative(node.volume, node.dataDirectories[0] ?? '')), 'snapshots', tag);
}

export function liveOf(node: ClusterNode): Promise<string> {
  return tableIn(node.dataDirectories[0] ?? '');
}

/** Bytes of all files of the table in these parts of the backup. */
export async function bytesIn(homes: readonly Home[]): Promise<number> {
  let bytes = 0;
  for (const home of homes) {
    const directory = await snapshotIn(home);
    for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  }
  return bytes;
}

async function tableIn(data: string, ...below: readonly string[]): Promise<string> {
  const keyspace = join(data, BIG.keyspace);
  const [table] = (await readdir(keyspace)).filter((name) => name.startsWith(`${BIG.name}-`));
  if (table === undefined) throw new Error(`${BIG.name} is not in ${keyspace}.`);
  return join(keyspace, table, ...below);
}

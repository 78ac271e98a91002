import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ClusterNode } from '../../../../src/adapters/embedded/cluster-file.ts';

const run = promisify(execFile);

/** Paths below a node's volume that `find` answers to these tests, sorted. */
export async function found(node: ClusterNode, ...tests: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run('find', ['.', ...tests], { cwd: node.volume, maxBuffer: 2 ** 26 });
  return stdout.split('\n').filter(Boolean).toSorted();
}

/** Whatever of a backup, of a restore or of their temporary files is in a volume. */
export async function leftovers(node: ClusterNode): Promise<readonly string[]> {
  return found(
    node,
    ...['(', '-path', './kassette/kassette-*', '-o', '-path', './kassette/displaced-*'],
    ...[
      '-o',
      '-path',
      './kassette/tables*',
      '-o',
      '-path',
      './kassette/staging*',
      '-o',
      '-path',
      './kassette/run*',
    ],
    ...['-o', '-path', '*/snapshots/kassette-[0-9]*T*'],
    // Links that Cassandra did not load are the restore's own to find: by name they cannot be told here from the files of a
    // Cassandra that was started upon such links and counts on from there.
    ...['-o', '-name', '*.part', '-o', '-name', 'kassette-trial*', '-o', '-name', '.kassette-busy', ')'],
  );
}

export async function assertNothingLeft(nodes: readonly ClusterNode[]): Promise<void> {
  for (const node of nodes) assert.deepEqual(await leftovers(node), [], `left on ${node.name}`);
}

/** What a restore of single tables keeps for itself while it is at work. */
export async function tableLeftovers(node: ClusterNode): Promise<readonly string[]> {
  return found(
    node,
    ...['(', '-path', './kassette/tables*', '-o', '-path', './kassette/staging*', '-o', '-name', '*.part'],
    ...['-o', '-name', 'kassette-trial*', '-o', '-name', '.kassette-busy', ')'],
  );
}

/** Snapshots that Cassandra makes by itself on TRUNCATE and DROP. */
export function automaticSnapshots(node: ClusterNode): Promise<readonly string[]> {
  return found(
    node,
    ...['-path', '*/snapshots/*', '-type', 'd', '-prune'],
    ...['(', '-name', 'truncated-*', '-o', '-name', 'dropped-*', ')'],
  );
}

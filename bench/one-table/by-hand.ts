import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { EmbeddedCluster } from '../../lab/cluster/launcher.ts';
import { nodetool } from '../nodetool.ts';
import { BIG } from './big-table.ts';
import { type Home, liveOf, snapshotIn } from './places.ts';

const run = promisify(execFile);

/**
 * What someone does by hand who knows where everything is: node after node, the snapshot's files are copied into the live
 * directory, then `nodetool refresh`. What pods would add, an exec for each command, is left out.
 */
export async function byHand(cluster: EmbeddedCluster, homes: readonly Home[]): Promise<void> {
  for (const home of homes) {
    await run('cp', ['-a', '--', `${await snapshotIn(home)}/.`, await liveOf(home.node)]);
    await nodetool(cluster.directory, home.node, ['refresh', BIG.keyspace, BIG.name]);
  }
}

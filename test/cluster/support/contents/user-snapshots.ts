import assert from 'node:assert/strict';
import type { EmbeddedCluster } from '../../../../lab/cluster/launcher.ts';
import { clientIdentity } from '../../../../src/adapters/embedded/client-identity.ts';
import { embeddedDatacenters } from '../../../../src/adapters/embedded/datacenters.ts';
import { managementApi } from '../../../../src/adapters/management-api/client.ts';
import type { Node } from '../../../../src/domain/cluster/topology.ts';
import type { NodeControl } from '../../../../src/ports/node-control.ts';
import { found } from './leftovers.ts';

/** Names that a user may well choose; the second only looks like one of kassette's. */
const NAMES = ['nightly', 'kassette-mine'] as const;

/** A user's own snapshots, which nothing of kassette's may touch. */
export interface UserSnapshots {
  assertUntouched(): Promise<void>;
  remove(): Promise<void>;
}

export async function takeUserSnapshots(cluster: EmbeddedCluster): Promise<UserSnapshots> {
  const remove = () => onEach(cluster, (control, node, name) => control.clearSnapshot(node, name));
  await remove();
  await onEach(cluster, (control, node, name) => control.takeSnapshot(node, name));
  const before = await files(cluster);
  assert.ok(before.every((of) => of.length > 0));
  return {
    async assertUntouched() {
      assert.deepEqual(await files(cluster), before, "a user's own snapshots have changed");
    },
    remove,
  };
}

async function onEach(
  { directory, file: { tls } }: EmbeddedCluster,
  work: (control: NodeControl, node: Node, name: string) => Promise<unknown>,
): Promise<void> {
  const control = managementApi(clientIdentity(tls));
  try {
    const nodes = (await embeddedDatacenters(directory).find([])).flatMap((d) => d.nodes);
    for (const name of NAMES) await Promise.all(nodes.map((node) => work(control, node, name)));
  } finally {
    await control.close();
  }
}

function files({ nodes }: EmbeddedCluster): Promise<readonly (readonly string[])[]> {
  const paths = NAMES.flatMap((name, i) => [...(i > 0 ? ['-o'] : []), '-path', `*/snapshots/${name}/*`]);
  return Promise.all(nodes.map((node) => found(node, '-type', 'f', '(', ...paths, ')')));
}

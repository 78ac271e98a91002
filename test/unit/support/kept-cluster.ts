import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';
import { type Manifest, renderManifest, renderMarker } from '../../../src/domain/backup/manifest.ts';
import type { Node } from '../../../src/domain/cluster/topology.ts';
import type { Cluster } from '../../simulation/cluster/cluster.ts';
import { World } from '../../simulation/cluster/world.ts';
import { backUp } from '../../simulation/runs/history.ts';
import { type Kept, type KeptVolumes, TAG } from './kept-volumes.ts';
import { RestorableCluster } from './restorable-cluster.ts';

/** A keyspace without tables and its backup: a restore goes its whole way and has nothing to load. */
const golden = World.make({ dc1: 1, dc2: 1 });
golden.cluster.change(
  "CREATE KEYSPACE ks WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '1', 'dc2': '1'}",
);
const made = await golden.run(backUp({ tag: TAG }));
if (made.kind !== 'done') throw new Error('The backup was not made.', { cause: made });
after(() => golden.remove());

/** A cluster on volumes in that state. */
export function clusterWith({ kept, schemaSince }: KeptVolumes): RestorableCluster {
  const found = new RestorableCluster(golden);
  const { cluster } = found.world;
  for (const statement of schemaSince) cluster.change(statement);
  for (const node of found.nodes) {
    const [own, state] = [kept.get(node.name), cluster.state.nodes[node.name]];
    if (own === undefined || state === undefined) continue;
    put(cluster, node, own);
    state.gossipGeneration = own.gossipGeneration;
    cluster.state.nowMs = Math.max(cluster.state.nowMs, (own.gossipGeneration + 60) * 1000);
  }
  return found;
}

function put(cluster: Cluster, node: Node, { entries, restored, tables }: Kept): void {
  const saved = JSON.parse(cluster.readFile(node, `kassette/${TAG}/backup.json`)) as Manifest;
  const schema = cluster.readFile(node, `kassette/${TAG}/schema.cql`);
  const snapshots = cluster.at(node).snapshotsOf(TAG);
  rmSync(join(node.volume, 'kassette'), { recursive: true });
  const texts: Record<string, string | null> = { 'restored.json': restored, 'tables.json': tables };
  for (const entry of entries) {
    for (const path of entry.tag === TAG ? [] : snapshots) linkAll(path, join(path, '..', entry.tag));
    for (const [name, text] of Object.entries(textsOf(entry, saved))) texts[`${entry.tag}/${name}`] = text;
    texts[`${entry.tag}/schema.cql`] = schema;
  }
  for (const [path, text] of Object.entries(texts))
    if (text !== null) cluster.putFile(node, `kassette/${path}`, text);
  for (const path of entries.some((e) => e.tag === TAG) ? [] : snapshots) rmSync(path, { recursive: true });
}

function textsOf({ tag, complete, journal, cold }: Kept['entries'][number], saved: Manifest) {
  const manifest = renderManifest({ ...saved, tag, node: { ...saved.node, gossipGeneration: 1 } });
  const marker = complete ? renderMarker(tag, manifest) : null;
  return { 'backup.json': String(manifest), complete: marker, 'restore.json': journal, 'cold.json': cold };
}

function linkAll(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) linkSync(join(from, name), join(to, name));
}

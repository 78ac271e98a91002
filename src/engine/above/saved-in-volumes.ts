import { chooseBackup } from '../../domain/backup/backup-choice.ts';
import { type Manifest, parseManifest } from '../../domain/backup/manifest.ts';
import type { Datacenter, Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import { parseSaved, type SavedK8ssandra } from '../../domain/k8ssandra/saved.ts';
import type { Ports } from '../../ports/ports.ts';
import { lookUntil } from '../../ports/until.ts';
import { each } from '../each.ts';
import type { CommonOptions, TagOption } from '../options.ts';
import { backupParts, surveyAll } from '../volumes/surveys.ts';

/** What a backup keeps of the K8ssandraCluster, and whose it is. */
export interface Kept {
  readonly saved: SavedK8ssandra;
  /** Of the nodes of each datacenter, by the name of the CassandraDatacenter. */
  readonly hostIds: ReadonlyMap<string, readonly string[]>;
}

type Part = { readonly node: Node; readonly manifest: Manifest; readonly text: string };

/** Pods of restored datacenters come up meanwhile. */
const POLL_MS = 2000;

/**
 * Of the one backup that is complete on all nodes. Null where there is none or several, where its volumes do not have the same or nothing, or
 * where nodes that it has are not to be had: then nothing is to be written anywhere. It needs no running Cassandra.
 * @throws MANIFEST_DAMAGED
 */
export async function savedInVolumes(ports: Ports, options: CommonOptions & TagOption): Promise<Kept | null> {
  const { signal, timeoutMs: within } = options;
  const pace = { every: POLL_MS, within, signal, clock: ports.clock };
  return ports.progress.step('Looking for what was kept of the K8ssandraCluster', async () => {
    const end = await lookUntil(() => look(ports, options), pace);
    return end?.found ?? null;
  });
}

async function look(
  ports: Ports,
  options: CommonOptions & TagOption,
): Promise<{ readonly found: Kept | null } | string> {
  const datacenters = await ports.datacenters.find([]);
  if (datacenters.some((d) => d.unready?.passing === false)) return { found: null };
  if (datacenters.some((d) => d.nodes.length === 0)) return progressOf(datacenters);
  const nodes = datacenters.flatMap((d) => d.nodes);
  const parts = await partsOf(ports, nodes, options);
  if (typeof parts === 'string') return parts;
  const missing = parts[0]?.manifest.nodes.filter(({ name }) => !nodes.some((n) => n.name === name)) ?? [];
  if (missing.length > 0) return progressOf(datacenters);
  return { found: sameIn(parts) };
}

async function partsOf(
  ports: Ports,
  nodes: readonly Node[],
  { tag: asked, concurrency, signal }: CommonOptions & TagOption,
): Promise<readonly Part[] | string> {
  try {
    const surveys = await surveyAll(ports, nodes, concurrency);
    const names = nodes.map((n) => n.name);
    const tag = chooseBackup(names, backupParts(surveys), asked);
    const read = async (node: Node) => {
      const contents = await ports.volumes.read(node, tag);
      const manifest = parseManifest(node.name, contents);
      return {
        node,
        manifest,
        text: manifest.k8ssandraSha256 === undefined ? '' : (contents.k8ssandra ?? ''),
      };
    };
    return await each(nodes, read, { concurrency, signal });
  } catch (error) {
    if (!(error instanceof KassetteError)) throw error;
    // A container that does not run yet.
    if (error.code === 'NODE_SHELL') return `${nodes.length} ${error.message}`;
    if (['NO_BACKUP', 'BACKUP_INCOMPLETE', 'BACKUP_AMBIGUOUS'].includes(error.code)) return [];
    throw error;
  }
}

function progressOf(datacenters: readonly Datacenter[]): string {
  const steps = datacenters.flatMap((d) => d.pods ?? []).reduce((sum, p) => sum + p.steps, 0);
  return `${steps} ${datacenters.flatMap((d) => d.nodes).length}`;
}

function sameIn(parts: readonly Part[]): Kept | null {
  const [first, ...others] = parts;
  if (first === undefined || first.text === '' || others.some((o) => o.text !== first.text)) return null;
  const byDatacenter = Map.groupBy(parts, (p) => p.node.datacenter);
  const hostIds = [...byDatacenter].map(
    ([name, own]) => [name, own.map((p) => p.manifest.node.hostId)] as const,
  );
  return { saved: parseSaved(first.node.name, first.text), hostIds: new Map(hostIds) };
}

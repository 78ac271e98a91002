import { qualified } from '../../domain/schema/cql-text.ts';
import { indexesWithTables } from '../../domain/schema/index-implementation.ts';
import { firstFew } from '../../domain/sentence.ts';
import type { Ports } from '../../ports/ports.ts';
import type { ConnectedCluster } from '../cluster/sessions.ts';
import { each } from '../each.ts';
import type { CommonOptions } from '../options.ts';
import type { ColdDatabase } from './cold-checks.ts';

/** Of a backup that may not have them as their tables, nodes build legacy indexes when they are started. */
export async function warnOfUnbuiltIndexes(
  ports: Ports,
  { cluster, session }: ConnectedCluster,
  { saved }: ColdDatabase,
  options: CommonOptions,
): Promise<void> {
  const legacy = indexesWithTables(saved);
  if (legacy.length === 0) return;
  const builds = await each(cluster.nodes, (node) => session.indexBuilds(node), options);
  const isUnbuilt = ({ keyspace, name, base }: (typeof legacy)[number]) =>
    builds.some((b) => b.get(`${keyspace}.${base}`)?.unbuilt.includes(name));
  const names = legacy.filter(isUnbuilt).map((i) => qualified(i.keyspace, i.name));
  if (names.length === 0) return;
  ports.progress.warn(
    `${firstFew(names.toSorted())}: still being built by the nodes. Queries that need such an index fail until that has ended.`,
  );
}

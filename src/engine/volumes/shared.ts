import type { Cluster } from '../../domain/cluster/ring.ts';
import { KassetteError } from '../../domain/errors.ts';
import { type NoteKind, renderNote } from '../../domain/k8ssandra/note.ts';
import type { SharedVolume } from '../../domain/k8ssandra/shares.ts';
import type { Ports } from '../../ports/ports.ts';
import { each } from '../each.ts';
import { type CommonOptions, type RunnerOptions, runnerOf } from '../options.ts';
import type { SurveyedNode } from './surveys.ts';

/** By the name of a node: the namespace that it is in; none in an embedded cluster. */
export function placesOf(clusters: readonly Cluster[]): ReadonlyMap<string, string> {
  return new Map(
    clusters.flatMap((c) =>
      c.datacenters.flatMap((d) => d.nodes.map((n) => [n.name, d.namespace ?? ''] as const)),
    ),
  );
}

export function sharedVolumes(
  clusters: readonly Cluster[],
  surveys: readonly SurveyedNode[],
): readonly SharedVolume[] {
  const places = placesOf(clusters);
  return surveys.map(({ node, survey }) => ({
    ...{ node: node.name, namespace: places.get(node.name) ?? '' },
    ...{ backups: survey.backups, closed: survey.closed },
  }));
}

/** Note on all nodes of a namespace what its hook has come to. */
export async function noteShare(
  ports: Pick<Ports, 'volumes'>,
  clusters: readonly Cluster[],
  { tag, kind, namespace }: { readonly tag: string; readonly kind: NoteKind; readonly namespace: string },
  options: RunnerOptions & Pick<CommonOptions, 'concurrency' | 'signal'>,
): Promise<void> {
  const text = renderNote(runnerOf(options));
  const places = placesOf(clusters);
  const own = clusters.flatMap((c) => c.nodes).filter((n) => places.get(n.name) === namespace);
  await each(own, (n) => ports.volumes.writeNote(n, `${tag}/${kind}/${namespace}`, text), options);
}

/** All namespaces of these clusters' datacenters, in the order of their names. @throws NOT_FOUND where the hook's is none of them */
export function checkNamespace(clusters: readonly Cluster[], namespace: string): readonly string[] {
  const all = [...new Set(placesOf(clusters).values())].toSorted();
  if (all.includes(namespace)) return all;
  throw new KassetteError(
    'NOT_FOUND',
    `Namespace ${namespace} has no datacenter of this K8ssandraCluster; it has them in ${all.join(', ')}.`,
    'Nothing was changed. Leave that namespace out of the policy that runs these hooks, and back it up with one of its own.',
  );
}

import type { ColdStage } from '../../../domain/cluster/topology.ts';
import type { CassandraDatacenter } from '../client/resources.ts';

/** Of a CassandraDatacenter that kassette stopped for a cold restore; goes in the same patch that starts it. */
const ANNOTATION = 'kassette/cold-restore';

/** What stops a datacenter and says why, or starts it (null) and takes that back. */
export function stopPatch(stage: ColdStage | null) {
  return { metadata: { annotations: { [ANNOTATION]: stage } }, spec: { stopped: stage !== null } };
}

/** Of one that runs it says nothing: somebody has started it by other means. */
export function coldStage({ metadata, spec }: CassandraDatacenter): ColdStage | undefined {
  const value = metadata.annotations[ANNOTATION];
  if (value === undefined || !spec.stopped) return undefined;
  return value === 'stopped' ? 'stopped' : 'changing';
}

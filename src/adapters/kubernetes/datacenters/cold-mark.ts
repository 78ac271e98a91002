import { z } from 'zod';
import type { ColdStage } from '../../../domain/cluster/topology.ts';
import type { PodUser } from '../../../domain/jobs/pod-user.ts';
import type { CassandraDatacenter } from '../client/resources.ts';

/** Of a CassandraDatacenter that kassette stopped for a cold restore; goes in the same patch that starts it. */
const ANNOTATION = 'kassette/cold-restore';
/** As whom its pods were admitted, which nothing says when they are gone: a namespace may choose their user. */
const USER = 'kassette/pod-user';

const podUser = z.object({
  runAsUser: z.number(),
  runAsGroup: z.number().optional(),
  fsGroup: z.number(),
  supplementalGroups: z.array(z.number()).optional(),
});

/**
 * What stops a datacenter and says why, or starts it (null) and takes that back.
 * @param user of its pods; what is noted of it stays where they are gone
 */
export function stopPatch(stage: ColdStage | null, user?: PodUser) {
  const noted =
    stage === null ? { [USER]: null } : user === undefined ? {} : { [USER]: JSON.stringify(user) };
  return { metadata: { annotations: { [ANNOTATION]: stage, ...noted } }, spec: { stopped: stage !== null } };
}

/** Of one that runs it says nothing: somebody has started it by other means. */
export function coldStage({ metadata, spec }: CassandraDatacenter): ColdStage | undefined {
  const value = metadata.annotations[ANNOTATION];
  if (value === undefined || !spec.stopped) return undefined;
  return value === 'stopped' ? 'stopped' : 'changing';
}

/** What is noted of the pods of a datacenter that was stopped; undefined for anything that was not written here. */
export function notedUser({ metadata }: Pick<CassandraDatacenter, 'metadata'>): PodUser | undefined {
  try {
    const { runAsGroup, supplementalGroups, ...user } = podUser.parse(
      JSON.parse(metadata.annotations[USER] ?? ''),
    );
    return {
      ...user,
      ...(runAsGroup === undefined ? {} : { runAsGroup }),
      ...(supplementalGroups === undefined ? {} : { supplementalGroups }),
    };
  } catch {
    return undefined;
  }
}

import { z } from 'zod';
import type { ColdStage } from '../../../domain/cluster/topology.ts';
import type { PodUser } from '../../../domain/jobs/pod-user.ts';
import type { Asked } from '../../../domain/restore-state/asked.ts';
import { type CassandraDatacenter, labelValue } from '../client/resources.ts';

/** Of a CassandraDatacenter that kassette stopped for a cold restore; goes in the same patch that starts it. */
export const COLD_STAGE = 'kassette/cold-restore';
/** Which object it was, and the generation of its spec, when volumes were about to be changed: `<uid>/<generation>`. */
export const COLD_REVISION = 'kassette/cold-revision';
/** As whom its pods were admitted, which nothing says when they are gone: a namespace may choose their user. */
export const COLD_USER = 'kassette/pod-user';
export const COLD_ANNOTATIONS = [COLD_STAGE, COLD_REVISION, COLD_USER] as const;

const podUser = z.object({
  runAsUser: z.number(),
  runAsGroup: z.number().optional(),
  fsGroup: z.number(),
  supplementalGroups: z.array(z.number()).optional(),
});

/**
 * What stops a datacenter and says why. Where it is stopped already and volumes are about to be changed, the revision is noted; one that is
 * noted stays, because what ran since then has to be made good.
 * @param user of its pods; what is noted of it stays where they are gone
 */
export function stopPatch(stage: ColdStage, { stopped, noted, revision }: Asked, user?: PodUser) {
  const isNew = stage === 'changing' && stopped && noted === null;
  return {
    metadata: {
      annotations: {
        [COLD_STAGE]: stage,
        ...(isNew ? { [COLD_REVISION]: revision } : {}),
        ...(user === undefined ? {} : { [COLD_USER]: JSON.stringify(user) }),
      },
    },
    spec: { stopped: true },
  };
}

/** What starts it and takes the notes back, but where volumes of an earlier run may still be other than they seem. */
export function startPatch(end: 'restored' | 'given up', { noted }: Asked) {
  const isKept = end === 'given up' && noted !== null;
  return {
    metadata: {
      annotations: {
        [COLD_STAGE]: isKept ? ('changing' satisfies ColdStage) : null,
        ...(isKept ? {} : { [COLD_REVISION]: null }),
        [COLD_USER]: null,
      },
    },
    spec: { stopped: false },
  };
}

/** Of one that runs it says nothing of who stopped it: somebody has started it by other means. */
export function coldStage({ metadata, spec }: CassandraDatacenter): ColdStage | undefined {
  const value = metadata.annotations[COLD_STAGE];
  if (value === undefined || !spec.stopped) return undefined;
  return value === 'stopped' ? 'stopped' : 'changing';
}

/** Whether something else than kassette has started it after volumes were changed. What is noted of another object is not of this one. */
export function isStartedByOthers({ metadata, spec }: CassandraDatacenter): boolean {
  const noted = metadata.annotations[COLD_REVISION];
  return !spec.stopped && noted !== undefined && noted.split('/')[0] === metadata.uid;
}

/** What is asked of a datacenter by now. */
export function askedOf({ metadata, spec }: CassandraDatacenter): Asked {
  const { name, uid, generation, annotations, managedFields = [] } = metadata;
  const racks = spec.racks == null || spec.racks.length === 0 ? [{ name: 'default' }] : spec.racks;
  // As cass-operator's `SplitRacks` has it: what does not divide goes to the first ones.
  const nodes = (i: number) => Math.floor(spec.size / racks.length) + Number(i < spec.size % racks.length);
  return {
    datacenter: name,
    stopped: spec.stopped,
    revision: `${uid ?? ''}/${generation ?? ''}`,
    noted: annotations[COLD_REVISION] ?? null,
    racks: racks.map((r, i) => ({ rack: labelValue(r.name), nodes: nodes(i) })),
    release: spec.serverVersion ?? null,
    by: managedFields.findLast(({ fieldsV1 }) => setsStopped(fieldsV1))?.manager || null,
  };
}

/** Of what a manager has set, by the API's own notation. */
function setsStopped(fields: unknown): boolean {
  const parsed = z.object({ 'f:spec': z.looseObject({}) }).safeParse(fields);
  return parsed.success && 'f:stopped' in parsed.data['f:spec'];
}

/** What is noted of the pods of a datacenter that was stopped; undefined for anything that was not written here. */
export function notedUser({ metadata }: Pick<CassandraDatacenter, 'metadata'>): PodUser | undefined {
  try {
    const { runAsGroup, supplementalGroups, ...user } = podUser.parse(
      JSON.parse(metadata.annotations[COLD_USER] ?? ''),
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

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  ARCHIVE_SCRIPT,
  archivingProperties,
  type Bound,
  type Method,
  PROPERTIES_FILE,
  SCRIPT_FILE,
} from '../domain/archive/archiving.ts';

export interface ArchivingOptions {
  readonly namespace: string;
  /** Name of the CassandraDatacenter. */
  readonly datacenter: string;
  readonly method: Method;
  readonly bound: Bound;
}

/** What cass-operator's `server-config` volume is in the pod: the image's entry point copies all of it to Cassandra's conf directory. */
const CONFIG = '/config';
/** The data volume, in every pod of cass-operator. */
const VOLUME = '/var/lib/cassandra';
const NAME = 'kassette-archive';
const CASSANDRA = 'cassandra';

export const configMapOf = (datacenter: string): string => `${datacenter}-${NAME}`;

/** The two files, as a ConfigMap beside the datacenter. */
export function archivingFiles({ namespace, datacenter, method, bound }: ArchivingOptions) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: configMapOf(datacenter), namespace },
    data: {
      [PROPERTIES_FILE]: archivingProperties(`${CONFIG}/${SCRIPT_FILE}`, VOLUME, method, bound),
      [SCRIPT_FILE]: ARCHIVE_SCRIPT,
    },
  };
}

/** Of the pods. It changes with the files: a pod that runs learns nothing of that, and has to be made anew. */
export const ARCHIVING_ANNOTATION = 'kassette/archive-files';

type Files = ReturnType<typeof archivingFiles>;

/**
 * What the datacenter has to have besides what it has; without files, what it has to lose besides the annotation. Each file is mounted over its
 * place in `/config`, whichever builder filled that, so that neither the order of init containers nor a read-only root matters.
 */
export function archivingSpec({ datacenter }: Pick<ArchivingOptions, 'datacenter'>, files?: Files) {
  const volumeMounts = [PROPERTIES_FILE, SCRIPT_FILE].map((file) => ({
    ...{ name: NAME, mountPath: `${CONFIG}/${file}`, subPath: file, readOnly: true },
  }));
  const volumes = [{ name: NAME, configMap: { name: configMapOf(datacenter) } }];
  const metadata = files && { annotations: { [ARCHIVING_ANNOTATION]: digestOf(files) } };
  const spec = { containers: [{ name: CASSANDRA, volumeMounts }], volumes };
  return { spec: { podTemplateSpec: { ...(metadata && { metadata }), spec } } };
}

function digestOf({ data }: Files): string {
  return createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 16);
}

const named = z.looseObject({ name: z.string() });
/** What of a `podTemplateSpec` has to do with archiving; everything else of it stays as it is. */
const podTemplate = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).optional() }).optional(),
  spec: z
    .looseObject({
      containers: z.array(named.extend({ volumeMounts: z.array(named).optional() })).default([]),
      volumes: z.array(named).optional(),
    })
    .default({ containers: [] }),
});
type PodTemplate = z.infer<typeof podTemplate>;

/** For a merge patch: the datacenter's own `podTemplateSpec`, which may be none, with what archiving needs; itself where it has that. */
export function withArchiving(own: unknown, files: Files, datacenter: string): unknown {
  const wanted = archivingSpec({ datacenter }, files).spec.podTemplateSpec;
  const { metadata, spec, ...rest } = podTemplate.parse(own ?? {});
  if (isThere(wanted, { metadata, spec })) return own;
  const containers = spec.containers.some(isCassandra)
    ? spec.containers
    : [...spec.containers, { name: CASSANDRA }];
  const [more] = wanted.spec.containers;
  return {
    ...rest,
    metadata: { ...metadata, annotations: { ...metadata?.annotations, ...wanted.metadata?.annotations } },
    spec: {
      ...spec,
      containers: containers.map((c) =>
        isCassandra(c)
          ? {
              ...c,
              volumeMounts: [...(c.volumeMounts?.filter(isOther) ?? []), ...(more?.volumeMounts ?? [])],
            }
          : c,
      ),
      volumes: [...(spec.volumes?.filter(isOther) ?? []), ...wanted.spec.volumes],
    },
  };
}

/** Wherever among others. */
function isThere(
  { metadata, spec }: ReturnType<typeof archivingSpec>['spec']['podTemplateSpec'],
  own: Pick<PodTemplate, 'metadata' | 'spec'>,
): boolean {
  const mounts = own.spec.containers.find(isCassandra)?.volumeMounts;
  const has = (all: readonly unknown[] = [], one: unknown) => all.some((o) => isDeepStrictEqual(o, one));
  return (
    own.metadata?.annotations?.[ARCHIVING_ANNOTATION] === metadata?.annotations[ARCHIVING_ANNOTATION] &&
    spec.volumes.every((v) => has(own.spec.volumes, v)) &&
    spec.containers.every((c) => c.volumeMounts.every((m) => has(mounts, m)))
  );
}

/**
 * For a merge patch: the same without it; itself where it has nothing of that, null where nothing else is left. In such a patch a list that is left
 * out is the one that was there, and a key that goes is null.
 */
export function withoutArchiving(own: unknown): unknown {
  const { metadata, spec, ...rest } = podTemplate.parse(own ?? {});
  const { annotations = {}, ...others } = metadata ?? {};
  const { [ARCHIVING_ANNOTATION]: noted, ...kept } = annotations;
  const mounts = spec.containers.flatMap((c) => c.volumeMounts ?? []);
  if (noted === undefined && [...mounts, ...(spec.volumes ?? [])].every(isOther)) return own ?? null;
  const { containers: all, volumes, ...more } = spec;
  const containers = all
    .map((c) => (c.volumeMounts === undefined ? c : { ...c, volumeMounts: c.volumeMounts.filter(isOther) }))
    .filter((c) => !isCassandra(c) || !isEmpty(c));
  const left = volumes?.filter(isOther);
  const parts = [rest, others, kept, more, containers, left ?? []];
  if (parts.every((part) => Object.keys(part).length === 0)) return null;
  return {
    ...rest,
    ...(metadata && {
      metadata: { ...others, annotations: { ...kept, ...(noted && { [ARCHIVING_ANNOTATION]: null }) } },
    }),
    spec: { ...more, containers, ...(left && { volumes: left }) },
  };
}

const isCassandra = ({ name }: { readonly name: string }) => name === CASSANDRA;
const isOther = ({ name }: { readonly name: string }) => name !== NAME;

/** A container that says nothing of its own. */
function isEmpty({
  name: _,
  volumeMounts = [],
  ...more
}: PodTemplate['spec']['containers'][number]): boolean {
  return volumeMounts.length === 0 && Object.keys(more).length === 0;
}

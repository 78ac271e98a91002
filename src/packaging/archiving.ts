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

/**
 * What the datacenter has to have besides what it has. Each file is mounted over its place in `/config`, whichever builder filled that, so
 * that neither the order of init containers nor a read-only root matters.
 */
export function archivingSpec({ datacenter }: Pick<ArchivingOptions, 'datacenter'>) {
  const volumeMounts = [PROPERTIES_FILE, SCRIPT_FILE].map((file) => ({
    ...{ name: NAME, mountPath: `${CONFIG}/${file}`, subPath: file, readOnly: true },
  }));
  const volumes = [{ name: NAME, configMap: { name: configMapOf(datacenter) } }];
  return {
    spec: { podTemplateSpec: { spec: { containers: [{ name: CASSANDRA, volumeMounts }], volumes } } },
  };
}

const named = z.looseObject({ name: z.string() });
/** What of a `podTemplateSpec` has to do with archiving; everything else of it stays as it is. */
const podTemplate = z.looseObject({
  spec: z
    .looseObject({
      containers: z.array(named.extend({ volumeMounts: z.array(named).optional() })).default([]),
      volumes: z.array(named).optional(),
    })
    .default({ containers: [] }),
});
export type PodTemplate = z.infer<typeof podTemplate>;

/** The datacenter's own `podTemplateSpec`, which may be none, with what archiving needs; made of it again, it is the same. */
export function withArchiving(own: unknown, datacenter: string): PodTemplate {
  const { spec, ...rest } = bare(own);
  const { containers: more, volumes } = archivingSpec({ datacenter }).spec.podTemplateSpec.spec;
  const has = spec.containers.some((c) => c.name === CASSANDRA);
  const containers = has ? spec.containers : [...spec.containers, { name: CASSANDRA }];
  const mounts = more.flatMap((c) => c.volumeMounts);
  return {
    ...rest,
    spec: {
      ...spec,
      containers: containers.map((c) =>
        c.name === CASSANDRA ? { ...c, volumeMounts: [...(c.volumeMounts ?? []), ...mounts] } : c,
      ),
      volumes: [...(spec.volumes ?? []), ...volumes],
    },
  };
}

/**
 * The same without it; null where nothing else was there. Lists that are empty by that stay: of a merge patch a list that is left out is
 * the one that was there.
 */
export function withoutArchiving(own: unknown): PodTemplate | null {
  const template = bare(own);
  const { containers, volumes = [], ...spec } = template.spec;
  const isNothing = [containers, volumes, Object.keys(spec)].every((part) => part.length === 0);
  return isNothing && Object.keys(template).length === 1 ? null : template;
}

function bare(own: unknown): PodTemplate {
  const template = podTemplate.parse(own ?? {});
  const { containers, volumes } = template.spec;
  const others = containers
    .map((c) => (c.volumeMounts === undefined ? c : { ...c, volumeMounts: c.volumeMounts.filter(isOther) }))
    .filter((c) => c.name !== CASSANDRA || !isEmpty(c));
  const rest = volumes === undefined ? {} : { volumes: volumes.filter(isOther) };
  return { ...template, spec: { ...template.spec, containers: others, ...rest } };
}

const isOther = ({ name }: { readonly name: string }) => name !== NAME;

/** A container that says nothing of its own. */
function isEmpty({
  name: _,
  volumeMounts = [],
  ...more
}: PodTemplate['spec']['containers'][number]): boolean {
  return volumeMounts.length === 0 && Object.keys(more).length === 0;
}

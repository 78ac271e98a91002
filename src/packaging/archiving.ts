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
    spec: { podTemplateSpec: { spec: { containers: [{ name: 'cassandra', volumeMounts }], volumes } } },
  };
}

import {
  COMPATIBLE,
  type Configuration,
  defaultConfiguration,
} from '../../../../lab/cassandra/configurations.ts';
import { cassandraImageReference, podCommand } from './cassandra-image.ts';

type Properties = Readonly<Record<string, unknown>>;

/** A CassandraDatacenter as read from YAML; of its spec only what is changed here is named. */
export interface CassandraDatacenter {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string } & Properties;
  readonly spec: DatacenterSpec;
}

interface DatacenterSpec extends Properties {
  readonly clusterName: string;
  readonly serverVersion: string;
  readonly config?: Readonly<Record<string, Properties>>;
  readonly podTemplateSpec?: { readonly metadata?: Properties; readonly spec?: Properties };
}

export interface TestDatacenterOptions {
  readonly namespace?: string;
  /** Name of the object, and with it of the datacenter. */
  readonly name?: string;
  readonly cluster?: string;
  readonly size?: number;
  readonly racks?: readonly string[];
  /** Cassandra release, of which there is an image by `buildCassandraImage`. */
  readonly version?: string;
  readonly storage?: string;
  readonly storageClass?: string;
  readonly heapMegabytes?: number;
  /** What the release's own default would be, where this is not what it is to run with. */
  readonly configuration?: Configuration;
  /** Settings for cassandra.yaml, beside or instead of the reference's. */
  readonly settings?: Properties;
  readonly managementApiAuth?: Properties;
}

/**
 * The reference datacenter as one small machine without an image registry can run it: our image with the management API
 * stand-in, a small heap and volume, several nodes on a worker. What a user's datacenter is otherwise stays.
 */
export function testDatacenter(
  reference: CassandraDatacenter,
  options: TestDatacenterOptions = {},
): CassandraDatacenter {
  const { spec } = reference;
  const version = options.version ?? spec.serverVersion;
  return {
    ...reference,
    metadata: {
      ...reference.metadata,
      ...given({ name: options.name, namespace: options.namespace }),
    },
    spec: {
      ...spec,
      ...given({ size: options.size, managementApiAuth: options.managementApiAuth }),
      clusterName: options.cluster ?? spec.clusterName,
      ...(options.racks === undefined ? {} : { racks: options.racks.map((name) => ({ name })) }),
      serverVersion: version,
      serverImage: cassandraImageReference(version),
      storageConfig: storageConfig(options),
      config: config(spec, version, options),
      podTemplateSpec: podTemplate(spec, version),
      resources: RESOURCES,
      // The default asks for a whole processor, which three pods would not get.
      configBuilderResources: SMALL,
      disableSystemLoggerSidecar: true,
      allowMultipleNodesPerWorker: true,
    },
  };
}

/** Limits too: with several nodes on a worker the operator's webhook demands them. */
const RESOURCES = {
  requests: { cpu: '100m', memory: '1Gi' },
  limits: { cpu: '2', memory: '2Gi' },
} as const;

/** Of containers that do next to nothing. */
export const SMALL = {
  requests: { cpu: '10m', memory: '64Mi' },
  limits: { cpu: '1', memory: '256Mi' },
} as const;

function storageConfig({ storageClass = 'kassette-local', storage = '1Gi' }: TestDatacenterOptions) {
  return {
    cassandraDataVolumeClaimSpec: {
      storageClassName: storageClass,
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage } },
    },
  };
}

function config({ config = {} }: DatacenterSpec, version: string, options: TestDatacenterOptions) {
  const { heapMegabytes = 512, configuration = 'latest', settings } = options;
  const heap = `${heapMegabytes}M`;
  // As a user would have it: the operator's own start is always the newest file that the release brings.
  const older = configuration === 'compatible' && defaultConfiguration(version) === 'latest';
  return {
    ...config,
    'jvm-server-options': {
      ...config['jvm-server-options'],
      initial_heap_size: heap,
      max_heap_size: heap,
    },
    'cassandra-yaml': { ...config['cassandra-yaml'], ...(older ? COMPATIBLE : {}), ...settings },
  };
}

function podTemplate({ podTemplateSpec = {} }: DatacenterSpec, version: string) {
  const image = { image: cassandraImageReference(version), imagePullPolicy: 'Never' };
  return {
    ...podTemplateSpec,
    spec: {
      ...podTemplateSpec.spec,
      initContainers: [
        // It would copy the configuration of the real image; the newer operator adds it for Cassandra 4.1 and later.
        { name: 'server-config-init-base', ...image, command: ['/bin/true'], resources: SMALL },
        { name: 'server-config-init', ...image, command: podCommand('configure') },
      ],
      containers: [
        { name: 'cassandra', ...image, command: podCommand('serve'), readinessProbe: QUICK_READINESS },
      ],
    },
  };
}

/** As the operator's, but seen after 2 s instead of 20 s and 10 s. */
const QUICK_READINESS = {
  httpGet: { port: 8080, path: '/api/v0/probes/readiness' },
  initialDelaySeconds: 2,
  periodSeconds: 2,
  timeoutSeconds: 10,
} as const;

/** Without the properties that are undefined. */
function given(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}

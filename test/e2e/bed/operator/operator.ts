import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { binary, definitionsOf, type ModuleName } from '../binaries/binaries.ts';
import { APPLY, apply, kubectl } from '../kubernetes/kubectl.ts';
import { end, logFile, start, untilReady } from '../machine/processes.ts';
import { kubeconfigOf, type Places, ports } from '../places.ts';
import { answers, readObject } from '../probe.ts';

/** The newest there is, the one between, and that of the reference. */
export const OPERATOR_VERSIONS = ['1.28.0', '1.22.4', '1.15.0'] as const;
export type OperatorVersion = (typeof OPERATOR_VERSIONS)[number];

const NAME = 'cass-operator';

/** Where the API answers once the definitions are taken in. */
const SERVED = [
  '/apis/cassandra.datastax.com/v1beta1/cassandradatacenters',
  '/apis/control.k8ssandra.io/v1alpha1/cassandratasks',
];

interface Program {
  readonly module: ModuleName;
  /** The name that Go gives it. */
  readonly file: string;
  /** Since 1.24 what concerns the process is said by options, and read in no file. */
  readonly options: readonly string[];
}

const PROCESS_OPTIONS = [`--health-probe-bind-address=127.0.0.1:${ports.operatorHealth}`];

const programs: Readonly<Record<OperatorVersion, Program>> = {
  '1.28.0': { module: 'cass-operator-1.28', file: 'cmd', options: PROCESS_OPTIONS },
  '1.22.4': { module: 'cass-operator-1.22', file: 'cmd', options: [] },
  '1.15.0': { module: 'cass-operator-1.15', file: 'cass-operator', options: [] },
};

/** What has to be built before one of them can be started. */
export const moduleOf = (version: OperatorVersion): ModuleName => programs[version].module;

/** cass-operator as a process of this machine, with its definitions, for all namespaces. Replaces one that runs. */
export async function startOperator(places: Places, version: OperatorVersion): Promise<void> {
  await stopOperator(places);
  rmSync(logFile(places, NAME), { force: true });
  await installDefinitions(places, version);
  const { module, file, options } = programs[version];
  using _ = namespaceFile();
  const args = [`--config=${writeConfiguration(places)}`, ...options];
  const env = {
    KUBECONFIG: kubeconfigOf(places, NAME),
    OPERATOR_NAMESPACE: NAME,
    WATCH_NAMESPACE: '',
  };
  start(places, { name: NAME, command: binary(module, file), args, env });
  // It calls itself ready before its controllers are.
  await untilReady(places, NAME, async () => {
    const ready = await answers(`http://127.0.0.1:${ports.operatorHealth}/readyz`);
    return (
      ready && /Starting workers.*cassandradatacenter/i.test(readFileSync(logFile(places, NAME), 'utf8'))
    );
  });
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Since 1.27 the operator reads once, when it starts, in which namespace it is, where a pod has that. */
function namespaceFile(): Disposable {
  const made = mkdirSync(ACCOUNT, { recursive: true });
  writeFileSync(join(ACCOUNT, 'namespace'), NAME);
  return {
    [Symbol.dispose]: () => rmSync(made ?? join(ACCOUNT, 'namespace'), { recursive: true, force: true }),
  };
}

export const stopOperator = (places: Places): Promise<void> => end(places, NAME, 5_000);

async function installDefinitions(places: Places, version: OperatorVersion): Promise<void> {
  // The plain files under bases would refuse `spec.config`: what kustomize patches away matters.
  const definitions = await kubectl(places, ['kustomize', definitionsOf(moduleOf(version))]);
  await kubectl(places, [...APPLY, '-f', '-'], { input: definitions });
  await apply(places, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAME } }]);
  // Not `kubectl wait`: it fails on a definition that is too young to have a status.
  await untilReady(places, 'kube-apiserver', async () => {
    const lists = await Promise.all(SERVED.map((path) => readObject(places, `${path}?limit=1`)));
    return lists.every((list) => list !== undefined);
  });
}

function writeConfiguration(places: Places): string {
  const directory = join(places.configuration, NAME);
  mkdirSync(directory, { recursive: true });
  const images = join(directory, 'images.json');
  writeFileSync(images, JSON.stringify(imageConfiguration, null, 2));
  const file = join(directory, 'operator.json');
  const configuration = {
    apiVersion: 'config.k8ssandra.io/v1beta1',
    kind: 'OperatorConfig',
    metadata: { name: 'operator-config' },
    health: { healthProbeBindAddress: `127.0.0.1:${ports.operatorHealth}` },
    metrics: { bindAddress: '0' },
    leaderElection: { leaderElect: false },
    disableWebhooks: true,
    imageConfigFile: images,
  };
  writeFileSync(file, JSON.stringify(configuration, null, 2));
  return file;
}

/** Names that nothing answers to: a datacenter brings its own images, and none may be looked for outside. */
const imageConfiguration = {
  apiVersion: 'config.k8ssandra.io/v1beta1',
  kind: 'ImageConfig',
  metadata: { name: 'image-config' },
  imagePullPolicy: 'Never',
  images: {
    'system-logger': 'localhost/none/system-logger:none',
    'config-builder': 'localhost/none/config-builder:none',
    'k8ssandra-client': 'localhost/none/k8ssandra-client:none',
  },
  defaults: {
    cassandra: { repository: 'localhost/none/cassandra' },
    dse: { repository: 'localhost/none/dse' },
  },
};

import { mkdirSync, rmSync } from 'node:fs';
import { BedError } from './bed-error.ts';
import { provideBinaries } from './binaries/binaries.ts';
import { type K8ssandraRun, runK8ssandra } from './k8ssandra/run.ts';
import { importImage, startContainerd } from './kubernetes/containerd.ts';
import {
  restartApiServer,
  startApiServer,
  startControllerManager,
  startEtcd,
  startScheduler,
} from './kubernetes/control-plane.ts';
import { writeCredentials } from './kubernetes/credentials.ts';
import { apply, type KubectlOptions, kubectl } from './kubernetes/kubectl.ts';
import { nodeReady, startKubelet } from './kubernetes/kubelet.ts';
import { kubernetesModule } from './kubernetes/programs.ts';
import { type KubernetesVersion, noteVersion, USUAL_KUBERNETES } from './kubernetes/versions.ts';
import { prepareKernel } from './machine/kernel-settings.ts';
import { hasOtherKubelet } from './machine/machine-traces.ts';
import { untilReady } from './machine/processes.ts';
import { holder, holdMachine, refuseOtherUser } from './marker.ts';
import { dnsAccess, startDns } from './network/dns.ts';
import { createBridge } from './network/network.ts';
import { startProxy } from './network/proxy.ts';
import { moduleOf, type OperatorVersion, startOperator, stopOperator } from './operator/operator.ts';
import { skipOperatorPauses } from './operator/operator-pauses.ts';
import { kubeconfigOf, type Places, placesIn, realDirectory } from './places.ts';
import { providePackages } from './prerequisites.ts';
import { readObject } from './probe.ts';
import { takeDown } from './teardown.ts';
import { storageClass } from './volumes/volume-objects.ts';
import { mountVolumes, type Volumes, volumesOf } from './volumes/volumes.ts';

/** A Unix socket's path has 108 bytes, and containerd's is the longest below the directory. */
const LONGEST_DIRECTORY = 60;

/** A running Kubernetes of one node. */
export interface Bed {
  readonly directory: string;
  /** For the cluster's admin. */
  readonly kubeconfig: string;
  readonly volumes: Volumes;
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** Server-side apply of whole objects. */
  apply(objects: readonly object[]): Promise<void>;
  /** Takes in an image archive; pods then use it with `imagePullPolicy: Never`. */
  importImage(archive: string): Promise<void>;
  startOperator(version: OperatorVersion): Promise<void>;
  stopOperator(): Promise<void>;
  /** Until disposed of, cass-operator works on without its pauses of up to 20 s between two nodes. */
  skipOperatorPauses(): Disposable;
  /** The controller of that K8ssandraCluster, in this process. @param tell what the object says, whenever that has changed */
  runK8ssandra(namespace: string, name: string, tell: (line: string) => void): Promise<K8ssandraRun>;
  restartApiServer(): Promise<void>;
  /** Removes the bed from the machine; only its logs stay. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly directory: string;
  readonly kubernetes?: KubernetesVersion;
  /** Those that may be started in it. */
  readonly operators: readonly OperatorVersion[];
  readonly onProgress: (line: string) => void;
  /** For a bed that is to outlive this process; one that is not makes way for the next after this process's end. */
  readonly kept?: boolean;
}

/** Brings a cluster up, after taking down whatever an earlier run has left on this machine. */
export async function startBed(options: StartOptions): Promise<Bed> {
  const { kubernetes = USUAL_KUBERNETES, operators, onProgress, kept = false } = options;
  const directory = realDirectory(options.directory);
  await checkMachine(directory);
  await providePackages(onProgress);
  await provideBinaries([kubernetesModule(kubernetes), ...operators.map(moduleOf)], onProgress);
  await takeDownLeftovers(directory);
  holdMachine(directory, kept);
  const places = placesIn(directory);
  try {
    await startAll(places, kubernetes, onProgress);
  } catch (error) {
    await takeDown(directory);
    throw error;
  }
  return bedAt(directory);
}

/** The bed that runs in that directory, started by this process or another. */
export function bedAt(asked: string): Bed {
  const directory = realDirectory(asked);
  const places = placesIn(directory);
  return {
    directory,
    kubeconfig: kubeconfigOf(places, 'admin'),
    volumes: volumesOf(places),
    kubectl: (args, options) => kubectl(places, args, options),
    apply: (objects) => apply(places, objects),
    importImage: (archive) => importImage(places, archive),
    startOperator: (version) => startOperator(places, version),
    stopOperator: () => stopOperator(places),
    skipOperatorPauses: () => skipOperatorPauses(places),
    runK8ssandra: (namespace, name, tell) => runK8ssandra(places, namespace, name, tell),
    restartApiServer: () => restartApiServer(places),
    stop: () => takeDown(directory),
  };
}

/** What would go wrong late, or at another's cost. */
async function checkMachine(directory: string): Promise<void> {
  refuseOtherUser(directory);
  if (directory.length > LONGEST_DIRECTORY) {
    throw new BedError(
      `${directory}: sockets lie in it, so that it may have ${LONGEST_DIRECTORY} bytes at most.`,
    );
  }
  if (await hasOtherKubelet())
    throw new BedError('A kubelet works on this machine, and it can have but one.');
}

async function takeDownLeftovers(directory: string): Promise<void> {
  const other = holder();
  if (other !== undefined) await takeDown(other.directory);
  await takeDown(directory);
  rmSync(placesIn(directory).logs, { recursive: true, force: true });
}

async function startAll(
  places: Places,
  kubernetes: KubernetesVersion,
  onProgress: (line: string) => void,
): Promise<void> {
  mkdirSync(places.directory, { recursive: true, mode: 0o755 });
  mkdirSync(places.configuration, { recursive: true });
  noteVersion(places, kubernetes);
  prepareKernel(places);
  writeCredentials(places);
  await createBridge();
  onProgress('Starting etcd, the API server and containerd');
  await together(
    startContainerd(places),
    mountVolumes(places),
    startEtcd(places).then(() => startApiServer(places)),
  );
  onProgress('Starting controllers, scheduler, kubelet, kube-proxy and DNS');
  await together(
    startControllerManager(places),
    startScheduler(places),
    startKubelet(places),
    startProxy(places),
    apply(places, [storageClass, ...dnsAccess]).then(() => startDns(places)),
  );
  await together(nodeReady(places), serviceAccountReady(places));
}

/** Waits for all before it reports a failure: cleaning up must not meet a part that is still starting. */
async function together(...parts: readonly Promise<void>[]): Promise<void> {
  for (const part of await Promise.allSettled(parts)) if (part.status === 'rejected') throw part.reason;
}

/** Before the controllers have made it, no pod is admitted to the namespace. */
function serviceAccountReady(places: Places): Promise<void> {
  const namespace = '/api/v1/namespaces/default';
  const needed = [`${namespace}/serviceaccounts/default`, `${namespace}/configmaps/kube-root-ca.crt`];
  return untilReady(places, 'kube-controller-manager', async () => {
    const found = await Promise.all(needed.map((path) => readObject(places, path)));
    return found.every((object) => object !== undefined);
  });
}

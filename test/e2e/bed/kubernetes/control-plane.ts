import { end, start, untilReady } from '../machine/processes.ts';
import {
  API_SERVER,
  authorityOf,
  BRIDGE_ADDRESS,
  kubeconfigOf,
  type Places,
  ports,
  SERVICE_SUBNET,
} from '../places.ts';
import { answers } from '../probe.ts';
import { serviceAccountKey, tokenFile } from './credentials.ts';
import { kubernetesProgram } from './programs.ts';

const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export async function startEtcd(places: Places): Promise<void> {
  const clients = `http://127.0.0.1:${ports.etcd}`;
  const peers = `http://127.0.0.1:${ports.etcdPeer}`;
  const args = [
    ['--name', 'bed'],
    ['--data-dir', `${places.etcd}/data`],
    ['--listen-client-urls', clients],
    ['--advertise-client-urls', clients],
    ['--listen-peer-urls', peers],
    ['--initial-advertise-peer-urls', peers],
    ['--initial-cluster', `bed=${peers}`],
    // The state is thrown away with the bed; syncing it would only wear the disk.
    ['--unsafe-no-fsync'],
  ].flat();
  start(places, { name: 'etcd', command: '/usr/bin/etcd', args });
  await untilReady(places, 'etcd', () => answers(`${clients}/health`));
}

export async function startApiServer(places: Places): Promise<void> {
  const key = serviceAccountKey(places);
  const args = [
    // The bridge's address serves this machine and the pods, and nobody else.
    `--bind-address=${BRIDGE_ADDRESS}`,
    `--advertise-address=${BRIDGE_ADDRESS}`,
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--service-cluster-ip-range=${SERVICE_SUBNET}`,
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--token-auth-file=${tokenFile(places)}`,
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    `--service-account-issuer=${ISSUER}`,
    `--cert-dir=${places.credentials}`,
    '--allow-privileged=true',
    // Else exec and logs look up the node's name, which no DNS knows.
    '--kubelet-preferred-address-types=InternalIP',
    '--profiling=false',
  ];
  start(places, { name: 'kube-apiserver', command: kubernetesProgram(places, 'kube-apiserver'), args });
  await untilReady(places, 'kube-apiserver', () => answers(`${API_SERVER}/readyz`));
}

export async function restartApiServer(places: Places): Promise<void> {
  // It would wait for the watches of kubelet and controllers to end by themselves.
  await end(places, 'kube-apiserver', 1_000);
  await startApiServer(places);
}

export async function startControllerManager(places: Places): Promise<void> {
  const args = [
    `--kubeconfig=${kubeconfigOf(places, 'controller-manager')}`,
    `--service-account-private-key-file=${serviceAccountKey(places)}`,
    `--root-ca-file=${authorityOf(places)}`,
    '--use-service-account-credentials=true',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.controllerManager}`,
    // Else it makes this folder in /usr.
    `--flex-volume-plugin-dir=${places.kubelet}/volume-plugins`,
    '--kube-api-qps=200',
    '--kube-api-burst=400',
    // Claims and volumes made at the same moment find each other at the next round: 15 s are too long for tests.
    '--pvclaimbinder-sync-period=2s',
  ];
  const command = kubernetesProgram(places, 'kube-controller-manager');
  start(places, { name: 'kube-controller-manager', command, args });
  await healthy(places, 'kube-controller-manager', ports.controllerManager);
}

export async function startScheduler(places: Places): Promise<void> {
  const args = [
    `--kubeconfig=${kubeconfigOf(places, 'scheduler')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${ports.scheduler}`,
  ];
  start(places, { name: 'kube-scheduler', command: kubernetesProgram(places, 'kube-scheduler'), args });
  await healthy(places, 'kube-scheduler', ports.scheduler);
}

const healthy = (places: Places, name: string, port: number): Promise<void> =>
  untilReady(places, name, () => answers(`https://127.0.0.1:${port}/healthz`));

import { mkdirSync, readFileSync, readlinkSync, rmdirSync, symlinkSync } from 'node:fs';
import { readdir, readFile, readlink, rm, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BedError } from '../bed-error.ts';
import type { Places } from '../places.ts';

/** Where containerd and the kubelet write whatever they are told: places of the machine, in which only ours may go. */
const CNI_RESULTS = '/var/lib/cni/results';
const CONTAINER_LOGS = '/var/log/containers';
/** Of kubelets before 1.30 alone; later ones are told another place. */
const POD_LOGS = '/var/log/pods';
const KUBELET = '/var/lib/kubelet';
const DEVICE_PLUGINS = 'device-plugins';
const EMPTIED = [
  KUBELET,
  CNI_RESULTS,
  '/var/lib/cni',
  CONTAINER_LOGS,
  '/run/containerd/s',
  '/run/containerd',
];

/** The shims' sockets, which lie outside; to be called while containerd's state still tells which they are. */
export async function removeShimSockets(places: Places): Promise<void> {
  const tasks = join(places.containerd, 'state', 'io.containerd.runtime.v2.task', 'k8s.io');
  for (const task of await entries(tasks)) {
    const address = await readFile(join(tasks, task, 'address'), 'utf8').catch(() => '');
    if (address.startsWith('unix:///run/containerd/s/'))
      await rm(address.slice('unix://'.length), { force: true });
  }
}

/**
 * Whether a kubelet besides ours works here. Every kubelet empties the one folder of device plugins, whatever it is
 * configured to use, so that two cannot share a machine.
 */
export async function hasOtherKubelet(): Promise<boolean> {
  return (await entries(KUBELET)).some((name) => name !== DEVICE_PLUGINS);
}

/**
 * Has the one place where kubelets before 1.30 write the logs of pods lead into the bed's directory. They remove what they find there of
 * pods that they do not know.
 */
export function lendPodLogs({ podLogs }: Places): void {
  mkdirSync(podLogs, { recursive: true });
  try {
    rmdirSync(POD_LOGS);
  } catch {
    // Not there, which is as good; or with something in it, which the next step finds.
  }
  try {
    symlinkSync(podLogs, POD_LOGS);
  } catch (cause) {
    throw new BedError(`${POD_LOGS} has something in it, which this kubelet would remove.`, { cause });
  }
}

/** Notes and links that lead into the bed's directory, and the folders left empty by that. */
export async function removeTraces({ directory, podLogs }: Places): Promise<void> {
  await removeWhere(CNI_RESULTS, (file) => readFileSync(file, 'utf8').includes(`${directory}/`));
  const lent = (await readlink(POD_LOGS).catch(() => '')) === podLogs;
  const roots = [`${directory}/`, ...(lent ? [`${POD_LOGS}/`] : [])];
  await removeWhere(CONTAINER_LOGS, (file) => roots.some((root) => readlinkSync(file).startsWith(root)));
  if (lent) await unlink(POD_LOGS);
  if (!(await hasOtherKubelet())) await rm(join(KUBELET, DEVICE_PLUGINS), { recursive: true, force: true });
  // One with something in it refuses, as it should.
  for (const folder of EMPTIED) await rmdir(folder).catch(() => {});
}

async function removeWhere(folder: string, isOurs: (file: string) => boolean): Promise<void> {
  for (const name of await entries(folder)) {
    const file = join(folder, name);
    try {
      if (isOurs(file)) await rm(file, { force: true });
    } catch {
      // Not a file of the kind looked for: somebody else's.
    }
  }
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

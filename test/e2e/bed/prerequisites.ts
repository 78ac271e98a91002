import { existsSync } from 'node:fs';
import { BedError } from './bed-error.ts';
import { attempt, run, userEnvironment } from './run.ts';

/** What the bed and its images take from Debian, and by which file it is recognised. */
const DEBIAN: Readonly<Record<string, string>> = {
  'btrfs-progs': '/usr/bin/btrfs',
  buildah: '/usr/bin/buildah',
  conntrack: '/usr/sbin/conntrack',
  containerd: '/usr/bin/containerd',
  'containernetworking-plugins': '/usr/lib/cni/bridge',
  'etcd-server': '/usr/bin/etcd',
  gcc: '/usr/bin/gcc',
  iproute2: '/usr/bin/ip',
  iptables: '/usr/sbin/iptables',
  'libc6-dev': '/usr/include/stdlib.h',
  mmdebstrap: '/usr/bin/mmdebstrap',
  mount: '/usr/bin/mount',
  runc: '/usr/sbin/runc',
  tar: '/usr/bin/tar',
};

/** Parts of the kernel that may be modules; where they are built in, or cannot be loaded, this does nothing. */
const KERNEL_MODULES = ['br_netfilter', 'btrfs', 'loop', 'overlay'];

/** Sees to the Debian packages; without root, or elsewhere than on Debian, it says which are missing. */
export async function providePackages(onProgress: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) throw new BedError('A Kubernetes of its own needs root: run this as root.');
  for (const name of KERNEL_MODULES) await attempt('modprobe', ['--quiet', name]);
  const missing = missingPackages();
  if (missing.length === 0) return;
  await installPackages(missing, onProgress);
  const left = missingPackages();
  if (left.length > 0) throw new BedError(`Installed, but still not in their places: ${left.join(' ')}`);
}

export async function installPackages(
  packages: readonly string[],
  onProgress: (line: string) => void,
): Promise<void> {
  const names = packages.join(' ');
  if (!(await attempt('apt-get', ['--version']))) {
    throw new BedError(`Missing: ${names}. Install these Debian packages, or your system's counterparts.`);
  }
  onProgress(`Installing ${names}`);
  const apt = ['-qq', '-y', '-o', 'DPkg::Lock::Timeout=120'];
  const env = { ...userEnvironment(), DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', [...apt, 'update'], { env });
  await run('apt-get', [...apt, 'install', '--no-install-recommends', ...packages], { env });
}

function missingPackages(): readonly string[] {
  return Object.entries(DEBIAN)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
}

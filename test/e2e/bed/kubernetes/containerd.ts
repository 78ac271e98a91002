import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start, untilReady } from '../machine/processes.ts';
import { BRIDGE, BRIDGE_SUBNET, type Places } from '../places.ts';
import { attempt, run } from '../run.ts';
import { PAUSE_IMAGE, pauseArchive } from './pause-image.ts';

/** A containerd apart from the machine's own, with the pause image in it. */
export async function startContainerd(places: Places): Promise<void> {
  for (const directory of [places.containerd, places.cni, places.configuration]) {
    mkdirSync(directory, { recursive: true });
  }
  const configuration = join(places.configuration, 'containerd.toml');
  writeFileSync(configuration, containerdConfiguration(places));
  writeFileSync(join(places.cni, '10-bed.conflist'), JSON.stringify(networkConfiguration(places), null, 2));
  start(places, { name: 'containerd', command: '/usr/bin/containerd', args: ['--config', configuration] });
  await untilReady(places, 'containerd', () =>
    attempt('ctr', ctr(places, ['version']), { timeoutMs: 5_000 }),
  );
  await importImage(places, await pauseArchive());
}

/** Takes in an image archive (docker or OCI); pods use it with `imagePullPolicy: Never`. */
export async function importImage(places: Places, archive: string): Promise<void> {
  await run('ctr', ctr(places, ['--namespace', 'k8s.io', 'images', 'import', archive]), {
    timeoutMs: 900_000,
  });
}

const ctr = (places: Places, args: readonly string[]): readonly string[] => [
  '--address',
  places.containerdSocket,
  ...args,
];

function containerdConfiguration(places: Places): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(join(places.containerd, 'root'))}
state = ${text(join(places.containerd, 'state'))}
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt",
  "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]

[grpc]
address = ${text(places.containerdSocket)}

[ttrpc]
address = ${text(`${places.containerdSocket}.ttrpc`)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = ${text(PAUSE_IMAGE)}
# Without CAP_SYS_RESOURCE a process cannot lower its score, and every sandbox would fail.
restrict_oom_score_adj = true
# Below the bed's directory everything mounted is known to be the bed's.
netns_mounts_under_state_dir = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = ${text(places.cni)}

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
Root = ${text(join(places.containerd, 'runc'))}
`;
}

/** Pods on the bridge, addresses kept in the bed's directory, no way out of the machine. */
function networkConfiguration(places: Places): object {
  const addresses = { type: 'host-local', dataDir: join(places.cni, 'addresses') };
  const ranges = [[{ subnet: BRIDGE_SUBNET, rangeStart: firstPodAddress() }]];
  const bridge = { type: 'bridge', bridge: BRIDGE, isGateway: true, hairpinMode: true, ipMasq: false };
  const ipam = { ...addresses, ranges, routes: [{ dst: '0.0.0.0/0' }] };
  return { cniVersion: '1.0.0', name: 'kassette-bed', plugins: [{ ...bridge, ipam }] };
}

/**
 * Another one for each bed: Cassandra refuses to start on volumes of an earlier bed where its pod has got the address that another
 * node of that ring had.
 */
function firstPodAddress(): string {
  return `10.244.${randomInt(1, 255)}.1`;
}

import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { embeddedClones } from '../../../src/adapters/embedded/clones.ts';
import { noKasten } from '../../../src/adapters/embedded/kasten-inspector.ts';
import { noRewinding } from '../../../src/adapters/kubernetes/rewinding.ts';
import { volumeFiles } from '../../../src/adapters/volume-files/volume-files.ts';
import { VolumeScripts } from '../../../src/adapters/volume-scripts/volume-scripts.ts';
import type { ColdStage, Datacenter } from '../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../src/domain/errors.ts';
import { hintText } from '../../../src/domain/hint.ts';
import { refuseRebuild } from '../../../src/domain/k8ssandra/restoring.ts';
import { type Run, withRun } from '../../../src/domain/last-runs.ts';
import type { Asked } from '../../../src/domain/restore-state/asked.ts';
import type { CloneSource } from '../../../src/domain/transfer/source.ts';
import { type ColdPorts, cleanVolume } from '../../../src/engine/verbs/clean-volume.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { CqlSession } from '../../../src/ports/cql.ts';
import type { NodeShell } from '../../../src/ports/node-shell.ts';
import type { OfflineVolume } from '../../../src/ports/offline-volume.ts';
import type { PeerProbe } from '../../../src/ports/peer-probe.ts';
import type { HeldLease, Lease } from '../../../src/ports/platform/lease.ts';
import type { Confirm, Recovery } from '../../../src/ports/platform/recovery.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import type { Progress } from '../../../src/ports/progress.ts';
import type { VolumeClones } from '../../../src/ports/volume-clones.ts';
import { hollowControl, hollowShell } from '../cluster/hollow.ts';
import type { Process } from '../runs/process.ts';
import { aboveState, locationOf, simulatedAbove } from './above.ts';
import { inNamespaces, type Place } from './namespaces.ts';
import { control, session } from './node-ports.ts';
import { simulatedShell } from './shell.ts';
import type { Surroundings } from './surroundings.ts';

/** Longer than a holder that lives goes without renewing its lease. */
const LEASE_MS = 30_000;

/** The ports of one run of a command, the number-th one of its world. */
export function portsOf(world: Surroundings, process: Process, number: number): Ports {
  const { cluster } = world;
  const { hollow, shell: given = simulatedShell(), namespaces } = cluster.setup;
  const nodes = control(world, process);
  const shell = hollow === undefined ? given : hollowShell(given, cluster, hollow);
  const placeIn = (namespace: string) => placeOf(world, process, number, { namespace, shell });
  const checkRestorable = async () => refuseRebuild(aboveState(cluster), []);
  const place =
    namespaces === undefined
      ? placeIn('')
      : inNamespaces(namespaces, placeIn, checkRestorable, (w) => void world.warnings.push(w));
  return {
    ...place,
    control: process.port('control', hollow === undefined ? nodes : hollowControl(nodes)),
    cql: process.port('cql', {
      open: async () => process.port('cql', whileUp(world, session(world, process))),
    }),
    volumes: process.port('volumes', new VolumeScripts(whileThere(world, place.shell))),
    kasten: noKasten,
    rewinding: noRewinding,
    progress: progress(world),
    clock: clock(world, process),
    ...(namespaces === undefined ? {} : { above: process.port('above', simulatedAbove(cluster)) }),
  };
}

/** What is special to one namespace: it answers for its own datacenters alone. */
function placeOf(
  world: Surroundings,
  process: Process,
  number: number,
  { namespace, shell }: Pick<Place, 'namespace' | 'shell'>,
): Place {
  const { cluster } = world;
  const place = (datacenter: string) => cluster.setup.namespaces?.[datacenter] ?? '';
  const own = cluster.datacenters.map((d) => d.name).filter((name) => place(name) === namespace);
  const checked: NodeShell = {
    run: async (node, ...rest) => {
      if (!own.includes(node.datacenter)) throw new Error(`${node.name} is not in namespace ${namespace}.`);
      return shell.run(node, ...rest);
    },
  };
  return {
    namespace,
    shell: checked,
    datacenters: process.port('datacenters', {
      find: async (names: readonly string[]) =>
        cluster.datacenters
          .filter((d) => own.includes(d.name) && (names.length === 0 || names.includes(d.name)))
          .map((d) => (namespace === '' ? d : { ...d, ...locationOf(namespace) })),
      elsewhere: async () => [],
    }),
    clones: process.port('clones', copiesIn(namespace)),
    recovery: confirming(process.port('recovery', recovery(world, process))),
    lease: process.port('lease', lease(world, process, number, namespace)),
    events: process.port('events', {
      report: async (_: unknown, reason: string, message: string) =>
        void world.events.push(`${reason}: ${message}`),
    }),
    runs: process.port('runs', {
      last: async () => world.runs,
      note: async (run: Run) => {
        world.runs = withRun(world.runs, run);
      },
    }),
  };
}

export function progress(world: Surroundings): Progress {
  return {
    step: (_title, work) => work({ count() {}, note() {} }),
    warn: (message) => void world.warnings.push(hintText(message)),
  };
}

export function clock({ schedule }: Surroundings, process: Process): Clock {
  return { now: () => new Date(schedule.now), sleep: (ms) => schedule.sleep(process, ms) };
}

/** Clones are in the directory for temporary files that their suffix names, those of a namespace below it. They cannot be brought together with live volumes here; directories of one machine are together anyway. */
function copiesIn(namespace: string): VolumeClones {
  const inDirectory = (from: CloneSource): CloneSource =>
    from.kind === 'clones'
      ? { kind: 'path', directory: join(tmpdir(), from.suffixes.join(), namespace) }
      : from;
  return {
    ...embeddedClones,
    find: (from, live, signal) => embeddedClones.find(inDirectory(from), live, signal),
    coMount: async () => 'They are on other machines.',
  };
}

/** Scripts run in pods: where one is restarted they are not to be had. */
function whileThere({ cluster }: Surroundings, shell: NodeShell): NodeShell {
  return {
    ...shell,
    run: async (node, ...rest) => {
      if (cluster.isAway(node)) throw new KassetteError('NODE_SHELL', `${node.name} is restarted.`, 'Wait.');
      return shell.run(node, ...rest);
    },
  };
}

/** What is asked of a node that is restarted fails, and what all nodes must do. */
function whileUp({ cluster }: Surroundings, to: CqlSession): CqlSession {
  const calls = Object.entries(to).map(([name, call]) => {
    const checked = async (...args: unknown[]) => {
      const asked = cluster.nodes.filter((n) => ['change', 'truncate'].includes(name) || args.includes(n));
      const away = asked.find((n) => cluster.isAway(n));
      if (away !== undefined) throw new KassetteError('CQL', `${away.name} is restarted.`, 'Wait.');
      return Reflect.apply(call, to, args);
    };
    return [name, checked];
  });
  return { ...to, ...Object.fromEntries(calls) };
}

/** Held by who is gone it is had after a while, as when nobody renews it. */
function lease(world: Surroundings, process: Process, number: number, namespace: string): Lease {
  const { state } = world.cluster;
  const lost = new AbortController();
  const held: HeldLease = {
    lost: lost.signal,
    confirm: async () => {
      if (state.leaseHolders[namespace] !== number)
        lost.abort(new KassetteError('LEASE_LOST', 'Another run has it.', ''));
      lost.signal.throwIfAborted();
    },
    release: async () => {
      if (state.leaseHolders[namespace] === number) delete state.leaseHolders[namespace];
    },
  };
  return {
    async acquire() {
      const holder = state.leaseHolders[namespace];
      if (holder !== undefined && world.isRunning(holder))
        throw new KassetteError('BUSY', 'Another kassette run works on this cluster.', 'Wait.');
      if (holder !== undefined) state.nowMs += LEASE_MS;
      state.leaseHolders[namespace] = number;
      return process.port('lease', held);
    },
  };
}

/** Datacenters stop and start at once. A volume is restored by the production adapter, as by a process of its own. */
function recovery(world: Surroundings, process: Process): Confirmed {
  const { cluster } = world;
  const volumes = () =>
    cluster.nodes.map(({ name, volume, ...node }) => ({
      ...{ name: volume, cluster: node.cluster, datacenter: node.datacenter, node: name },
      ...{ place: null, uid: null },
    }));
  const asked = async ({ name: datacenter }: { readonly name: string }): Promise<Asked> => {
    const { stopped, told, noted } = cluster.state;
    return {
      ...{ datacenter, stopped: stopped[datacenter] !== undefined, by: null, release: null, racks: null },
      ...{ revision: String(told[datacenter] ?? 0), noted: noted[datacenter]?.toString() ?? null },
    };
  };
  return {
    asked,
    rehearse: async () => {},
    async stop({ name }, stage, seen) {
      if ((await asked({ name })).revision !== seen.revision) return false;
      const { stopped, told, noted } = cluster.state;
      if (stage === 'changing' && stopped[name] !== undefined) noted[name] ??= told[name] ?? 0;
      if (stopped[name] === undefined) told[name] = (told[name] ?? 0) + 1;
      stopped[name] = stage;
      return true;
    },
    async start({ name }, end, seen) {
      const { stopped, told, noted } = cluster.state;
      // As where the answer to the first try was lost.
      if (stopped[name] === undefined && noted[name] === undefined) return true;
      if ((await asked({ name })).revision !== seen.revision) return false;
      delete stopped[name];
      if (end === 'restored') delete noted[name];
      told[name] = (told[name] ?? 0) + 1;
      cluster.restart(cluster.nodes.filter((n) => n.datacenter === name));
      return true;
    },
    users: async () => [],
    volumes: async (of) =>
      volumes().filter((v) =>
        'datacenter' in of ? v.datacenter === of.datacenter : of.names.includes(v.name),
      ),
    clean: async ({ name, node, ...volume }, options) => {
      if (cluster.state.stopped[volume.datacenter] === undefined)
        throw new KassetteError('VOLUME_IN_USE', `${name} is in use by ${node}.`, 'Stop it.');
      return cleanVolume(
        {
          volume: offline(name),
          peers: nobody,
          lease: freely,
          progress: progress(world),
          clock: clock(world, process),
        },
        { ...options, expected: { cluster: volume.cluster ?? undefined, node: node ?? undefined } },
      );
    },
    log: async () => '',
  };
}

/** Stops and starts what was confirmed, and answers whether it was that. */
type Confirmed = Omit<Recovery, 'stop' | 'start'> & {
  stop(datacenter: Datacenter, stage: ColdStage, seen: Asked): Promise<boolean>;
  start(datacenter: Datacenter, end: 'restored' | 'given up', seen: Asked): Promise<boolean>;
};

/** What is asked before a call is a call of its own. */
function confirming(port: Confirmed): Recovery {
  const confirmed = async (
    datacenter: Datacenter,
    confirm: Confirm,
    work: (seen: Asked) => Promise<boolean>,
  ) => {
    for (;;) {
      const seen = await port.asked(datacenter);
      await confirm(seen);
      if (await work(seen)) return;
    }
  };
  return {
    ...port,
    stop: (datacenter, stage, confirm) =>
      confirmed(datacenter, confirm, (seen) => port.stop(datacenter, stage, seen)),
    start: (datacenter, end, confirm) =>
      confirmed(datacenter, confirm, (seen) => port.start(datacenter, end, seen)),
  };
}

/** What `clean-volume` works with, of a process that has these ports. */
export function coldPorts({ lease, progress, clock }: Ports, process: Process, root: string): ColdPorts {
  return {
    ...{ lease, progress, clock },
    volume: process.port('offline', offline(root)),
    peers: process.port('peers', nobody),
  };
}

/** Which processes use a directory of this machine is nothing that a simulation should ask. */
const offline = (root: string): OfflineVolume => ({ ...volumeFiles(root, root), user: async () => null });
const nobody: PeerProbe = { hostIdAt: async () => null };
const freely: Lease = {
  acquire: async () => ({
    lost: new AbortController().signal,
    confirm: async () => {},
    release: async () => {},
  }),
};

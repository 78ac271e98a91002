import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Datacenter, PodProgress } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { healthyClusters } from '../../../../src/engine/cluster/clusters.ts';
import type { CommonOptions } from '../../../../src/engine/options.ts';
import { beforeBackup } from '../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { OPTIONS, RestorableCluster } from '../../support/restorable-cluster.ts';

// How long commands wait for nodes. The clock is one that only sleeping moves.

interface Script {
  /** Whether the node serves CQL, at that second. */
  readonly ready?: (node: string, second: number) => boolean;
  /** The datacenter at that second. */
  readonly datacenter?: (found: Datacenter, second: number) => Datacenter;
}

function scripted({ ready = () => true, datacenter = (found) => found }: Script) {
  const simulated = new RestorableCluster();
  const clock = fakeClock();
  const held: [from: number, to: number][] = [];
  const second = () => clock.seconds();
  const ports: Ports = {
    ...simulated.ports,
    clock,
    datacenters: {
      ...simulated.ports.datacenters,
      find: async (names) =>
        (await simulated.ports.datacenters.find(names)).map((d) => datacenter(d, second())),
    },
    control: { ...simulated.ports.control, isReady: async ({ name }) => ready(name, second()) },
    lease: {
      acquire: async (purpose) => {
        const from = second();
        const lease = await simulated.ports.lease.acquire(purpose);
        return { ...lease, release: async () => void held.push([from, second()]) };
      },
    },
  };
  /** How a wait ends, and after how many seconds. */
  const waits = async (options: Partial<CommonOptions>, work: typeof healthyClusters = healthyClusters) => {
    try {
      const clusters = await work(ports, { ...OPTIONS, ...options });
      return { end: clusters.map((c) => c.name).join(), seconds: second() };
    } catch (error) {
      assert.ok(error instanceof KassetteError, String(error));
      return { end: error.code, seconds: second(), message: error.message };
    }
  };
  return { simulated, ports, waits, held };
}

const STARTING = { id: '1', ready: false, coming: true };

/** A datacenter whose pods come up one after the other, each in a minute, as cass-operator starts them. */
function oneByOne(count: number): Required<Script>['datacenter'] {
  return (found, second) => {
    const up = Math.floor(second / 60);
    const pods = Array.from({ length: count }, (_, i): PodProgress => {
      const name = `${found.name}-${i}`;
      if (i < up) return { ...STARTING, name, steps: 4, ready: true, coming: false };
      return { ...STARTING, name, steps: i === up ? 3 : 2 };
    });
    const unready = up >= count ? null : { reason: 'has pods that are not ready', passing: true };
    return { ...found, pods, unready };
  };
}

test('nodes that come up one after the other are waited for as long as that takes', async () => {
  const { waits } = scripted({ datacenter: oneByOne(10) });
  assert.deepEqual(await waits({ timeoutMs: 90_000 }), { end: 'c', seconds: 600 });
});

test('so are those of which nothing but whether they serve clients is known', async () => {
  const { waits } = scripted({ ready: (node, s) => s >= (node === 'n-dc1' ? 60 : 120) });
  assert.deepEqual(await waits({ timeoutMs: 70_000 }), { end: 'c', seconds: 120 });
});

test('a wait ends when nothing has got further for the time limit, or at the limit of all waiting', async () => {
  const stuckAtThird = scripted({ datacenter: (d, s) => oneByOne(10)(d, Math.min(s, 179)) });
  const stuck = await stuckAtThird.waits({ timeoutMs: 90_000 });
  assert.deepEqual([stuck.end, stuck.seconds], ['NOT_READY', 120 + 90]);
  const limited = await scripted({ datacenter: oneByOne(10) }).waits({
    timeoutMs: 90_000,
    maxWaitMs: 200_000,
  });
  assert.deepEqual([limited.end, limited.seconds], ['NOT_READY', 200]);
});

test('a pod that starts again and again keeps nobody waiting; others that take its place and come up do', async () => {
  const unready = { reason: 'has pods that are not ready', passing: true };
  const again = (id: (s: number) => string, ready: (s: number) => boolean) =>
    scripted({
      datacenter: (d, s) => {
        const pod = { ...STARTING, name: 'p', id: id(s), ready: ready(s), steps: Math.floor(s % 3) };
        return { ...d, unready, pods: [pod] };
      },
    }).waits({ timeoutMs: 60_000, maxWaitMs: 600_000 });
  const loop = await again(
    (s) => `${s}`,
    () => false,
  );
  assert.deepEqual([loop.end, loop.seconds], ['NOT_READY', 62]);
  const rolled = await again(
    (s) => `${Math.floor(s / 50)}`,
    (s) => s % 50 === 40,
  );
  assert.deepEqual([rolled.end, rolled.seconds], ['NOT_READY', 600]);
});

const backup = async (ports: Ports, options: CommonOptions) => {
  await beforeBackup(ports, { ...OPTIONS, ...options });
  return [];
};

test('a backup waits a minute for a node that is down, without the lease, and names it', async () => {
  const { waits, held } = scripted({ ready: (node) => node !== 'n-dc2' });
  const { end, seconds, message } = await waits({ timeoutMs: 900_000 }, backup);
  assert.deepEqual([end, seconds, held], ['NODE_DOWN', 60, []]);
  assert.match(message ?? '', /^Node n-dc2 does not serve CQL/);
});

test('it waits longer for one that is coming up, or that somebody works on', async () => {
  const unready = { reason: 'has pods that are not ready', passing: true };
  const waitFor = (pod: Partial<PodProgress>, atWork = false) =>
    scripted({
      datacenter: (d, s) => ({
        ...d,
        unready: { ...unready, atWork },
        pods: [{ ...STARTING, name: 'p', steps: 3, ...(s < 100 ? {} : pod) }],
      }),
    }).waits({ timeoutMs: 300_000 }, backup);
  assert.equal((await waitFor({})).seconds, 300);
  assert.equal((await waitFor({ coming: false })).seconds, 160);
  assert.equal((await waitFor({ coming: false }, true)).seconds, 300);
});

test('the nodes are looked at once more when the lease is held', async () => {
  const { ports, simulated, held } = scripted({ ready: (_, s) => s < 30 || s > 60 });
  const { lease } = ports;
  const acquire: Ports['lease']['acquire'] = async (purpose) => {
    await ports.clock.sleep(30_000);
    return lease.acquire(purpose);
  };
  await assert.rejects(beforeBackup({ ...ports, lease: { acquire } }, { ...OPTIONS, timeoutMs: 300_000 }), {
    code: 'NODE_DOWN',
  });
  assert.deepEqual(held, [[30, 40]]);
  assert.deepEqual(simulated.done, []);
});

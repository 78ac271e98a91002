import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { KassetteError } from '../../../../src/domain/errors.ts';
import type { ReadingOptions, TimeLimitOption } from '../../../../src/engine/options.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import {
  backUp,
  livingCluster,
  restore,
  restoredVolumes,
  verifyDeep,
} from '../../../simulation/runs/history.ts';

// What a run that is ended from outside says of it beforehand, by the rate that it has measured. Time passes only in the simulation.

const GIB = 1024 ** 3;
const living = livingCluster();
const restored = await restoredVolumes();
after(() => {
  living.remove();
  restored.remove();
});

interface Disk {
  /** Of components without a checksum, on the first node. */
  readonly bytes: number;
  readonly perSecond: number;
}

/** Of each node the list comes in runs of 2 GiB; the second node has nothing to read. */
function reading(ports: Ports, { bytes, perSecond }: Disk, read: number[]): Ports {
  const volumes: Ports['volumes'] = {
    ...ports.volumes,
    read: async (node, tag, cksums) => {
      if (cksums === undefined || node.name !== 'n-dc1') return ports.volumes.read(node, tag, cksums);
      for (let left = bytes - 2 * GIB; left > 0; left -= 2 * GIB) {
        cksums.signal.throwIfAborted();
        await ports.clock.sleep((1000 * 2 * GIB) / perSecond);
        read.push(2 * GIB);
        cksums.onRest?.({ read: 2 * GIB, left });
      }
      return ports.volumes.read(node, tag, cksums);
    },
  };
  return { ...ports, volumes };
}

async function backUpWith(disk: Disk, timeLimitMs?: number) {
  const world = living.copy();
  try {
    const read: number[] = [];
    const command = backUp({ run: 'r', hook: true, timeLimitMs });
    const ending = await world.run((ports, process) => command(reading(ports, disk, read), process));
    const { leaseHolders } = world.cluster.state;
    return { ending, read: read.length, events: [...world.events], leaseHolders };
  } finally {
    world.remove();
  }
}

const LIMIT_MS = 18 * 60_000;
// 80 GiB at 50 MiB/s: 27 minutes.
const MUCH: Disk = { bytes: 80 * GIB, perSecond: 50 * 1024 ** 2 };

test('before-backup fails after its first piece where the rest cannot be read in time', async () => {
  const { ending, read, events, leaseHolders } = await backUpWith(
    { ...MUCH, perSecond: MUCH.perSecond / 2 },
    LIMIT_MS,
  );
  assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError);
  assert.equal(ending.error.code, 'TIME_LIMIT');
  assert.match(ending.error.message, /^n-dc1 has 78\.0 GiB of .* 25\.0 MiB a second .* about 53 min 15 s/);
  assert.match(ending.error.message, /this run is ended in 16 min/);
  assert.match(ending.error.hint, /kassette before-backup/);
  assert.equal(read, 1);
  assert.deepEqual(leaseHolders, {});
  assert.match(events.join('\n'), /BackupFailed: .*n-dc1 has 78\.0 GiB/);
});

test('it goes on where the disk may have been slow by chance, and ends before it is ended', async () => {
  const { ending, read } = await backUpWith(MUCH, LIMIT_MS);
  assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError);
  assert.equal(ending.error.code, 'TIME_LIMIT');
  assert.ok(read > 1 && (read * 2 * GIB) / MUCH.perSecond < LIMIT_MS / 1000 - 60);
});

test('where there is time, or no limit, it makes the backup', async () => {
  assert.equal((await backUpWith({ ...MUCH, bytes: 10 * GIB }, LIMIT_MS)).ending.kind, 'done');
  assert.equal((await backUpWith(MUCH)).ending.kind, 'done');
});

type Limits = TimeLimitOption & Pick<ReadingOptions, 'atOnce'>;

for (const [name, command] of [
  ['verify --deep', (options: Limits) => verifyDeep(restored.tag, options)],
  ['after-restore --verify full', (options: Limits) => restore({ ...options, verify: 'full' })],
] as const)
  test(`${name} warns at its beginning, and reads on`, async () => {
    const world = restored.copy();
    try {
      const options = {
        verify: 'full',
        atOnce: { items: 16, weight: 300 },
        timeLimitMs: 5 * 60_000,
      } as const;
      const ending = await world.run(async (ports, process) => {
        const slow = async <T>(work: Promise<T>) => {
          await ports.clock.sleep(60_000);
          return work;
        };
        const { volumes } = ports;
        const slowed: Ports['volumes'] = {
          ...volumes,
          checksums: (...args) => slow(volumes.checksums(...args)),
          rangeChecksums: (...args) => slow(volumes.rangeChecksums(...args)),
        };
        return command(options)({ ...ports, volumes: slowed }, process);
      });
      assert.equal(ending.kind, 'done');
      const said = world.warnings.filter((w) => w.includes('--time-limit'));
      assert.equal(said.length, world.cluster.nodes.length);
      assert.match(
        said[0] ?? '',
        /^Reading what is left of n-dc\d, .* a second that were measured; this run is ended in/,
      );
    } finally {
      world.remove();
    }
  });

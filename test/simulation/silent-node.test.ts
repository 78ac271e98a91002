import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ANSWER_MS } from '../../src/adapters/management-api/transport.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import type { Ports } from '../../src/ports/ports.ts';
import type { World } from './cluster/world.ts';
import { backedUp, backUp, type Command, endBackup, livingCluster } from './runs/history.ts';

// A machine is gone, and nobody ends the connections to it: what is asked of its node has no answer.

const SILENT = 'n-dc2';
/** After which the adapters give up, milliseconds: attempts to connect, an answer, an exec, a statement. */
const GIVEN_UP = { isReady: 20_000, control: ANSWER_MS, volumes: 75_000, cql: 30_000 };
const MINUTE_MS = 60_000;
/** A doubt about batches, an answer, and the attempt to undo what that node has. */
const MOST_HELD_MS = 3 * MINUTE_MS;

const living = livingCluster();
const open = await backedUp({ run: 'r', hook: true });
after(() => {
  living.remove();
  open.remove();
});

/** The node answers nothing that comes after so many calls. */
class Silence {
  readonly #calls: number;
  readonly #clock: Ports['clock'];
  #made = 0;

  constructor(calls: number, clock: Ports['clock']) {
    this.#calls = calls;
    this.#clock = clock;
  }

  around<T extends object>(name: 'control' | 'volumes' | 'cql', port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          this.#isMet(args[0])
            ? this.#giveUp(name, key)
            : this.#answer(key, () => member.apply(target, args));
      },
    });
  }

  #isMet(first: unknown): boolean {
    this.#made++;
    return (
      this.#has && typeof first === 'object' && first !== null && 'name' in first && first.name === SILENT
    );
  }

  get #has(): boolean {
    return this.#made > this.#calls;
  }

  async #giveUp(name: keyof typeof GIVEN_UP, key: string | symbol): Promise<unknown> {
    await this.#clock.sleep(key === 'isReady' ? GIVEN_UP.isReady : GIVEN_UP[name]);
    if (key === 'isReady') return false;
    throw new KassetteError(name === 'cql' ? 'CQL' : 'NODE_DOWN', `${SILENT} is silent.`, '');
  }

  async #answer(key: string | symbol, work: () => unknown): Promise<unknown> {
    const answer = await work();
    if (key === 'open') return this.around('cql', answer as object);
    return key === 'endpoints' && this.#has ? downIn(answer) : answer;
  }
}

/** @param held for how long the lease was, milliseconds */
function silentAfter(calls: number, ports: Ports, held: number[]): Ports {
  const { clock } = ports;
  const silence = new Silence(calls, clock);
  const lease: Ports['lease'] = {
    acquire: async (purpose) => {
      const own = await ports.lease.acquire(purpose);
      const since = clock.now().getTime();
      const release = async () => {
        held.push(clock.now().getTime() - since);
        await own.release();
      };
      return { ...own, release };
    },
  };
  return {
    ...{ ...ports, lease, control: silence.around('control', ports.control) },
    ...{ volumes: silence.around('volumes', ports.volumes), cql: silence.around('cql', ports.cql) },
  };
}

function downIn(members: unknown) {
  const all = members as Awaited<ReturnType<Ports['control']['endpoints']>>;
  return all.map((m) => (m.datacenter === 'dc2' ? { ...m, alive: false } : m));
}

const HOOKS: readonly [string, World, (ports: Ports) => Command][] = [
  ['before-backup', living, () => backUp({ run: 'r', hook: true, timeoutMs: 15 * MINUTE_MS })],
  ['after-backup', open, () => endBackup({ run: 'r', hook: true, timeoutMs: 15 * MINUTE_MS })],
];

for (const [name, of, commandFor] of HOOKS)
  test(`${name}: a node that falls silent at any call ends the run within minutes, and the lease with it`, async (t) => {
    let points = 0;
    let longest = 0;
    for (let calls = 0; ; calls++) {
      const world = of.copy();
      const held: number[] = [];
      let total = 0;
      const ending = await world.run((ports, process) => {
        total = world.schedule.now;
        return commandFor(ports)(silentAfter(calls, ports, held), process);
      });
      total = world.schedule.now - total;
      world.remove();
      if (ending.kind === 'done') break;
      points++;
      assert.ok(ending.kind === 'failed' && ending.error instanceof KassetteError);
      const what = `after ${calls} calls: ${ending.error.message}`;
      longest = Math.max(longest, ...held);
      assert.ok(
        held.every((ms) => ms <= MOST_HELD_MS),
        `${what}: held for ${held}`,
      );
      if (held.length === 0) assert.ok(total <= 2 * MINUTE_MS, `${what}: ${total} ms`);
    }
    t.diagnostic(`${points} points, the lease held for ${longest} ms at most`);
    assert.ok(points > 0);
  });

import { type ErrorCode, KassetteError } from '../../../src/domain/errors.ts';
import type { Owner, Schedule } from './schedule.ts';

/**
 * What happens to a process at one of its port calls. `stop`: SIGTERM; `late`: it is done, and the answer is that it took too long;
 * `halfway`: it goes on by itself, which the answer says; `cut`: the same, and the process is killed.
 */
export const FAULTS = [
  ...(['killed before', 'killed after', 'stop', 'fail', 'late', 'twice', 'halfway', 'cut'] as const),
] as const;
/**
 * `restarted`: the process is killed after the call, and all nodes with it, as when the machines lose power. `started by others`: before
 * it, something starts the datacenters that are stopped; `started and stopped`: for a while. `rolled`: before it, an operator begins to restart
 * the pods of nodes that run, one after the other.
 */
export type Fault =
  | (typeof FAULTS)[number]
  | ('restarted' | 'started by others' | 'started and stopped' | 'rolled');

/** What else works on a cluster. */
export interface Others {
  /** @param back for a while only */
  startByOthers(back: boolean): void;
  roll(): void;
}

export interface Disturbance {
  readonly fault: Fault;
  /** Number of the call, the first one being 1. */
  readonly at: number;
  /** How long each step takes of what goes on by itself, milliseconds. */
  readonly pauseMs?: number;
}

/** How a node does what consists of several steps. */
export type Pace = 'whole' | 'half';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ...{ datacenters: 'CLUSTER_UNREACHABLE', lease: 'CLUSTER_UNREACHABLE', copies: 'FORBIDDEN' },
  ...{ control: 'NODE_DOWN', cql: 'CQL', volumes: 'NODE_SHELL', recovery: 'CLUSTER_UNREACHABLE' },
  ...{ offline: 'VOLUME_FILES' },
};
/** Calls that never fail, by their contract. */
const SURE: ReadonlySet<string> = new Set([
  ...[
    'events report',
    'runs last',
    'runs note',
    'control isReady',
    'clones release',
    'recovery log',
    'cql close',
    'peers hostIdAt',
  ],
]);
/** Calls that nobody repeats: a second try of one that went through fails. */
const ONCE: ReadonlySet<string> = new Set([
  'control takeSnapshot',
  'cql change',
  'cql open',
  'lease acquire',
]);
/** Calls that a node may go on with by itself. */
const STEPWISE: ReadonlySet<string> = new Set([
  ...['control takeSnapshot', 'control clearSnapshot', 'control refresh', 'cql truncate'],
]);
/** What only looks: nothing of it can be done half, and an invariant need not be looked at again. */
const LOOKS =
  /^(datacenters|events|runs|lease|copies find|control (isReady|endpoints|schemaVersions)|volumes (survey|read|snapshotProgress|checksums|rangeChecksums|readProgress|writeProgress|notLoaded|stagedFiles)|offline (check|user|backups|read|live|checksum|wasStarted|notLinked)|cql (?!change|truncate))/;

/** Whether a call leaves everything in the cluster as it is. */
export const onlyLooks = (call: string) => LOOKS.test(call);

/** Whether a fault can come over a call at all. */
export function canMeet(call: string, fault: Fault): boolean {
  if (fault === 'fail') return !SURE.has(call);
  if (fault === 'late') return !SURE.has(call) && (!onlyLooks(call) || call.startsWith('lease '));
  if (fault === 'restarted') return !onlyLooks(call);
  if (fault === 'twice') return !ONCE.has(call) && !onlyLooks(call);
  if (fault === 'halfway' || fault === 'cut') return STEPWISE.has(call);
  return true;
}

/** One run of a command. All that it does outside goes through here, is numbered, and may be where its end comes. */
export class Process implements Owner {
  readonly calls: string[] = [];
  readonly killed: Promise<'killed'>;
  readonly #kill: () => void;
  readonly #stopping = new AbortController();
  readonly #schedule: Schedule;
  readonly #disturbance: Disturbance | undefined;
  readonly #looked: (call: string) => void;
  readonly #others: Others;
  isGone = false;
  pace: Pace = 'whole';

  /** @param looked called when a call that may change something has been carried out, with its name */
  constructor(
    schedule: Schedule,
    looked: (call: string) => void,
    disturbance?: Disturbance,
    others: Others = { startByOthers() {}, roll() {} },
  ) {
    this.#others = others;
    this.#schedule = schedule;
    this.#looked = looked;
    this.#disturbance = disturbance;
    const { promise, resolve } = Promise.withResolvers<'killed'>();
    this.killed = promise;
    this.#kill = () => {
      this.isGone = true;
      resolve('killed');
    };
  }

  /** How long a node takes for a step that it does by itself. */
  pauseMs(usual: number): number {
    return this.#disturbance?.pauseMs ?? usual;
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The port with all of its methods behind this process's calls. */
  port<T extends object>(port: string, target: T): T {
    const members = membersOf(target).map((name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return [name, member];
      const call = `${port} ${name}`;
      const calling = (...args: unknown[]) =>
        this.#schedule.turn(this, () => this.#call(call, async () => member.apply(target, args)));
      return [name, calling];
    });
    return Object.fromEntries(members) as T;
  }

  async #call(call: string, work: () => Promise<unknown>): Promise<unknown> {
    this.calls.push(call);
    const fault = this.#disturbance?.at === this.calls.length ? this.#disturbance.fault : undefined;
    try {
      return await this.#disturbed(call, fault, work);
    } finally {
      // What comes before is the same as in the undisturbed run.
      if (!onlyLooks(call) && this.calls.length >= (this.#disturbance?.at ?? 0)) this.#looked(call);
    }
  }

  async #disturbed(call: string, fault: Fault | undefined, work: () => Promise<unknown>): Promise<unknown> {
    switch (fault) {
      case 'killed before':
        return this.#kill();
      case 'killed after':
      case 'restarted':
        await work();
        return this.#kill();
      case 'stop':
        this.#stopping.abort(new KassetteError('INTERRUPTED', 'It was asked to stop.', 'Run it again.'));
        return work();
      case 'fail':
        if (SURE.has(call)) return work();
        throw errorOf(call, 'it is refused');
      case 'late':
        if (SURE.has(call)) return work();
        await work();
        throw errorOf(call, 'no answer within 60 s');
      case 'twice':
        if (!ONCE.has(call)) await work();
        return work();
      case 'halfway':
      case 'cut':
        return STEPWISE.has(call) ? this.#half(fault, work) : work();
      case 'started by others':
      case 'started and stopped':
        this.#others.startByOthers(fault === 'started and stopped');
        return work();
      case 'rolled':
        this.#others.roll();
        return work();
      case undefined:
        return work();
    }
  }

  async #half(fault: Fault, work: () => Promise<unknown>): Promise<unknown> {
    this.pace = 'half';
    const done = work();
    this.pace = 'whole';
    if (fault === 'halfway') return done;
    await done.catch(() => {});
    return this.#kill();
  }
}

function errorOf(call: string, why: string): KassetteError {
  return new KassetteError(CODES[call.split(' ')[0] ?? ''] ?? 'INTERNAL', `${call}: ${why}`, 'Simulated.');
}

/** Names of an object's own members and those of its classes. */
function membersOf(target: object): readonly string[] {
  const own = Object.getOwnPropertyNames(target).filter((name) => name !== 'constructor');
  const prototype: unknown = Object.getPrototypeOf(target);
  if (prototype === Object.prototype || prototype === null || typeof prototype !== 'object') return own;
  return [...new Set([...own, ...membersOf(prototype)])];
}

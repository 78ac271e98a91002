import { setTimeout as delay } from 'node:timers/promises';
import { type Client, types } from 'cassandra-driver';
import { define } from './define.ts';
import { EVENTS, eventParams, eventRow } from './events.ts';

/** One insert or overwrite. Milliseconds since 1970, of this machine. */
export interface LiveWrite {
  readonly id: number;
  /** 0 is the insert, each overwrite one more. */
  readonly version: number;
  /** Just before it was first sent. */
  readonly sentAt: number;
  /** When it was acknowledged; undefined while under way, and for good where it failed. */
  readonly acknowledgedAt: number | undefined;
}

export interface WriterOptions {
  readonly writesPerSecond?: number;
  /** Writes under way at a time; more wait, so that a dead cluster does not pile them up. */
  readonly inFlight?: number;
  /** QUORUM without it: the writer goes on with one node of three down. */
  readonly consistency?: types.consistencies;
}

export interface LiveWriter {
  /** Creates the table where it is missing and begins to write. */
  start(): Promise<void>;
  /** Ends once everything under way is answered or has failed. */
  stop(): Promise<void>;
  /** A snapshot of everything sent up to now. */
  writes(): readonly LiveWrite[];
  counts(): { readonly sent: number; readonly acknowledged: number; readonly failed: number };
}

/** Every fifth write overwrites an earlier row, so that versions in several SSTables compete. */
const OVERWRITE_EVERY = 5;

/** Writes rows whose content follows from their key, at a bounded rate, and remembers when each was acknowledged. */
export function liveWriter(client: Client, options: WriterOptions = {}): LiveWriter {
  const pause = 1000 / (options.writesPerSecond ?? 200);
  const limit = options.inFlight ?? 64;
  const log: { -readonly [K in keyof LiveWrite]: LiveWrite[K] }[] = [];
  const underWay = new Set<Promise<void>>();
  /** Ids whose latest write is not under way, oldest first: an overwrite must not race with what it overwrites. */
  const settled: { id: number; version: number }[] = [];
  let nextId = 0;
  let failed = 0;
  let running: Promise<void> | undefined;
  let stopping = false;

  const next = () => {
    const earlier = log.length % OVERWRITE_EVERY === OVERWRITE_EVERY - 1 ? settled.shift() : undefined;
    return earlier ? { id: earlier.id, version: earlier.version + 1 } : { id: nextId++, version: 0 };
  };

  const send = async ({ id, version }: { id: number; version: number }) => {
    const entry: (typeof log)[number] = { id, version, sentAt: Date.now(), acknowledgedAt: undefined };
    log.push(entry);
    try {
      await client.execute(EVENTS.insert, [...eventParams(eventRow(id, version))], {
        prepare: true,
        consistency: options.consistency ?? types.consistencies.quorum,
        readTimeout: 5_000,
      });
      entry.acknowledgedAt = Date.now();
      settled.push({ id, version });
    } catch {
      // It may have been written all the same, now or later: the row is not overwritten, and either is allowed.
      failed++;
    }
  };

  const run = async () => {
    let due = performance.now();
    while (!stopping) {
      if (underWay.size >= limit) {
        await Promise.race(underWay);
        due = Math.max(due, performance.now());
        continue;
      }
      const writing = send(next()).finally(() => underWay.delete(writing));
      underWay.add(writing);
      due = Math.max(due + pause, performance.now() - 100);
      await delay(Math.max(0, due - performance.now()));
    }
    await Promise.all(underWay);
  };

  return {
    async start() {
      if (running) throw new Error('The writer runs already.');
      await define(client, EVENTS.definition);
      stopping = false;
      running = run();
    },
    async stop() {
      stopping = true;
      await running;
      running = undefined;
    },
    writes: () => log.map((entry) => ({ ...entry })),
    counts: () => ({
      sent: log.length,
      acknowledged: log.length - failed - underWay.size,
      failed,
    }),
  };
}

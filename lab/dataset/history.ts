import { type Client, types } from 'cassandra-driver';
import { define } from './define.ts';

/*
 * Writes of every kind, and what of them must be there at any moment of their history. Each key has one writer, which waits for an answer before it
 * writes the key again: so the last write that was acknowledged before a moment says what is there.
 */

/** One write to one key. Milliseconds since 1970, of this machine. */
interface Write {
  readonly key: string;
  /** What is there after it: null where it deletes; for a counter by how much it grows. */
  readonly value: string | number | null;
  readonly sentAt: number;
  /** Undefined while under way, and for good where it failed: it may have been written all the same. */
  acknowledgedAt: number | undefined;
}

export interface HistoryCheck {
  /** Keys compared. */
  readonly compared: number;
  /** Writes that were acknowledged before the moment, and those that were sent after it. */
  readonly before: number;
  readonly after: number;
  /** What is not as it was, in words. */
  readonly wrong: readonly string[];
}

export interface History {
  /** Creates the tables. */
  create(): Promise<void>;
  start(): void;
  /** Ends when everything under way is answered. */
  stop(): Promise<void>;
  acknowledged(): number;
  /** Whether all tables are as they were at that moment; at the end of the history without one. */
  check(client: Client, at?: Date): Promise<HistoryCheck>;
}

export interface HistoryOptions {
  readonly seed: number;
  readonly keyspace: string;
  readonly replicas: number;
  readonly datacenter: string;
  readonly workers?: number;
}

const KEYS_OF_EACH = 150;
/** Between the clocks of this process and of a coordinator on the same machine, milliseconds. */
const MARGIN = 10;
const { consistencies } = types;

export function history(client: Client, options: HistoryOptions): History {
  const { keyspace, workers = 6 } = options;
  const log: Write[] = [];
  const random = generator(options.seed);
  const broken = new Set<string>();
  let running: Promise<unknown> = Promise.resolve();
  let stopping = false;

  const send = async ({ key, value, cql, values }: Planned) => {
    const write: Write = { key, value, sentAt: Date.now(), acknowledgedAt: undefined };
    log.push(write);
    try {
      await client.execute(cql, [...values], { prepare: true, consistency: consistencies.quorum });
      write.acknowledgedAt = Date.now();
    } catch {
      broken.add(key);
    }
  };
  const work = async (worker: number) => {
    for (let n = 0; !stopping; n++) {
      const id = worker * KEYS_OF_EACH + Math.floor(random() * KEYS_OF_EACH);
      const text = `${worker}.${n} ${'x'.repeat(Math.floor(random() * 400))}`;
      const write = planned(keyspace, random(), id, text);
      if (!broken.has(write.key)) await send(write);
    }
  };
  return {
    create: async () => {
      const { replicas, datacenter } = options;
      await define(client, [
        `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replicas}}`,
        `CREATE TABLE ${keyspace}.carts (id int PRIMARY KEY, v text)`,
        `CREATE TABLE ${keyspace}.stock (id int PRIMARY KEY, v text)`,
        `CREATE TABLE ${keyspace}.visits (id int PRIMARY KEY, n counter)`,
      ]);
    },
    start: () => {
      stopping = false;
      running = Promise.all(Array.from({ length: workers }, (_, i) => work(i)));
    },
    stop: async () => {
      stopping = true;
      await running;
    },
    acknowledged: () => log.filter((w) => w.acknowledgedAt !== undefined).length,
    check: (reader, at) => checkAt(reader, keyspace, log, at?.getTime() ?? Number.POSITIVE_INFINITY),
  };
}

interface Planned extends Pick<Write, 'key' | 'value'> {
  readonly cql: string;
  readonly values: readonly unknown[];
}

/** @param kind from 0 up to 1: how often there is one of each */
function planned(keyspace: string, kind: number, id: number, text: string): Planned {
  const [carts, stock, visits] = ['carts', 'stock', 'visits'].map((table) => `${table} ${id}`);
  const insert = `INSERT INTO ${keyspace}.carts (id, v) VALUES (?, ?)`;
  const put = { key: `${carts}`, value: text, values: [id, text] };
  if (kind < 0.45) return { ...put, cql: insert };
  if (kind < 0.55) return { ...put, cql: `${insert} USING TTL 86400` };
  if (kind < 0.7)
    return { key: `${carts}`, value: null, cql: `DELETE FROM ${keyspace}.carts WHERE id = ?`, values: [id] };
  if (kind < 0.8) {
    const cql = `UPDATE ${keyspace}.stock SET v = ? WHERE id = ? IF v != 'sold out'`;
    return { key: `${stock}`, value: text, cql, values: [text, id] };
  }
  const cql = `UPDATE ${keyspace}.visits SET n = n + 1 WHERE id = ?`;
  return { key: `${visits}`, value: 1, cql, values: [id] };
}

async function checkAt(
  client: Client,
  keyspace: string,
  log: readonly Write[],
  at: number,
): Promise<HistoryCheck> {
  const found = new Map<string, string>();
  for (const [table, column] of [
    ['carts', 'v'],
    ['stock', 'v'],
    ['visits', 'n'],
  ] as const) {
    const options = { consistency: consistencies.all, fetchSize: 1000 };
    const rows = await client.execute(`SELECT id, ${column} AS v FROM ${keyspace}.${table}`, [], options);
    for await (const row of rows) if (row['v'] !== null) found.set(`${table} ${row['id']}`, String(row['v']));
  }
  const keys = new Set([...found.keys(), ...log.map((w) => w.key)]);
  const byKey = Map.groupBy(log, (w) => w.key);
  const wrong = [...keys].flatMap((key) => {
    const expected = allowed(byKey.get(key) ?? [], at);
    const value = found.get(key);
    return expected.has(value)
      ? []
      : [`${key} is ${shown(value)}, not ${[...expected].map(shown).join(' or ')}`];
  });
  const isBefore = (w: Write) => (w.acknowledgedAt ?? Number.POSITIVE_INFINITY) < at;
  return {
    ...{ compared: keys.size, wrong },
    before: log.filter(isBefore).length,
    after: log.filter((w) => w.sentAt > at).length,
  };
}

/** What may be there: of a write that was under way at that moment, what was before it as well. */
function allowed(writes: readonly Write[], at: number): ReadonlySet<string | undefined> {
  let possible = new Set<string | undefined>([undefined]);
  for (const { value, sentAt, acknowledgedAt } of writes) {
    if (sentAt > at + MARGIN) continue;
    const next = new Set([...possible].map((now) => after(now, value)));
    const isSure = acknowledgedAt !== undefined && acknowledgedAt < at - MARGIN;
    possible = isSure ? next : new Set([...possible, ...next]);
  }
  return possible;
}

function after(now: string | undefined, value: Write['value']): string | undefined {
  if (value === null) return undefined;
  return typeof value === 'string' ? value : String(Number(now ?? 0) + value);
}

const shown = (value: string | undefined) =>
  value === undefined ? 'not there' : `\`${value.slice(0, 20)}\``;

/** Numbers from 0 up to 1: the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import type { NodeFile } from '../cluster/node-file.ts';
import { CassandraProcess } from './cassandra/cassandra-process.ts';
import { INTERNAL, Jmx, NotConnected, STORAGE } from './cassandra/jmx.ts';

/** Rows of a CQL query, every cell as text. */
export type Rows = readonly Readonly<Record<string, string | null>>[];

/** One node as the routes see it: its process, and JMX once Cassandra serves. */
export class Connection {
  readonly node: NodeFile;
  readonly process: CassandraProcess;
  /** What `lifecycle/start` and `stop` last asked for; liveness compares it with what is. */
  wanted: 'started' | 'stopped';
  #jmx: Jmx | undefined;
  #served = false;

  constructor(node: NodeFile) {
    this.node = node;
    this.process = new CassandraProcess(node, () => this.forget());
    this.wanted = this.process.pid === undefined ? 'stopped' : 'started';
  }

  /** Cassandra is another process now, or none. */
  forget(): void {
    this.#jmx?.close().catch(() => {});
    this.#jmx = undefined;
    this.#served = false;
  }

  /**
   * JMX of a Cassandra that serves CQL or has done so since its start: a drained one still answers. NotConnected
   * otherwise, also while it is starting, although JMX is there earlier.
   */
  async jmx(): Promise<Jmx> {
    if (this.process.pid === undefined) throw new NotConnected('Cassandra does not run');
    this.#jmx ??= new Jmx(this.process.access, this.node.management.callLimitMs);
    if (!this.#served) this.#served = await serves(this.#jmx);
    if (!this.#served) throw new NotConnected('Cassandra is starting');
    return this.#jmx;
  }

  async isConnected(): Promise<boolean> {
    return this.jmx().then(
      () => true,
      () => false,
    );
  }

  async query(cql: string): Promise<Rows> {
    const jmx = await this.jmx();
    return (await jmx.call(INTERNAL, 'query', [cql])) as Rows;
  }
}

async function serves(jmx: Jmx): Promise<boolean> {
  try {
    return (await jmx.read(STORAGE, 'NativeTransportRunning')) === true;
  } catch {
    // The MBean appears only in the course of the start.
    return false;
  }
}

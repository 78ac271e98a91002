import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isOurs, readPid } from '../../../src/adapters/embedded/nodes/process-identity.ts';
import { cassandraArguments } from '../../cassandra/command-line.ts';
import type { NodeFile } from '../../cluster/node-file.ts';
import type { JolokiaAccess } from './jmx.ts';

const JOLOKIA_USER = 'stand-in';
const STOP_PATIENCE_MS = 60_000;

/** Starts and stops the node's Cassandra, at most one at a time. */
export class CassandraProcess {
  readonly #node: NodeFile;
  readonly #onChange: () => void;

  constructor(node: NodeFile, onChange: () => void) {
    this.#node = node;
    this.#onChange = onChange;
  }

  /** Also finds the one that an earlier stand-in of this node started. */
  get pid(): number | undefined {
    const pid = readPid(this.#pidFile);
    return pid !== undefined && isOurs(pid, this.#node.cassandra.configuration) ? pid : undefined;
  }

  get access(): JolokiaAccess {
    const password = /^password=(.*)$/m.exec(readFileSync(this.#jolokiaProperties, 'utf8'))?.[1] ?? '';
    return { ...this.#node.jolokia, user: JOLOKIA_USER, password };
  }

  /** `options` are for this start only. With `replay` it only replays what is asked for there, and ends. */
  start(options: readonly string[] = [], replay?: string): void {
    mkdirSync(this.#temporary, { recursive: true });
    mkdirSync(this.#node.logs, { recursive: true });
    this.#writeJolokiaProperties();
    const console = openSync(join(this.#node.logs, 'console.log'), 'a');
    const { cassandra } = this.#node;
    const args = cassandraArguments({
      ...cassandra,
      options: [...cassandra.options, ...options],
      replay,
      jolokiaProperties: this.#jolokiaProperties,
      temporary: this.#temporary,
    });
    const child = spawn(cassandra.java, [...args], { stdio: ['ignore', console, console] });
    closeSync(console);
    this.#watch(child);
  }

  /** Asks Cassandra to end, which drains it, and insists after a minute. */
  async stop(): Promise<boolean> {
    const pid = this.pid;
    if (pid === undefined) return true;
    this.#signal(pid, 'SIGTERM');
    if (await this.#gone(STOP_PATIENCE_MS)) return true;
    this.#signal(pid, 'SIGKILL');
    return this.#gone(10_000);
  }

  kill(): void {
    const pid = this.pid;
    if (pid !== undefined) this.#signal(pid, 'SIGKILL');
  }

  async #gone(patienceMs: number): Promise<boolean> {
    const end = Date.now() + patienceMs;
    while (this.pid !== undefined) {
      if (Date.now() > end) return false;
      await pause(50);
    }
    return true;
  }

  #watch(child: ChildProcess): void {
    child.on('error', (error) => console.error(`Cassandra cannot be started: ${error.message}`));
    if (child.pid === undefined) return;
    writeFileSync(this.#pidFile, `${child.pid}\n`);
    console.log(`Cassandra started, process ${child.pid}`);
    child.on('exit', (code, signal) => {
      console.log(`Cassandra ended, process ${child.pid}, ${signal ?? `status ${code}`}`);
      if (readPid(this.#pidFile) === child.pid) rmSync(this.#pidFile, { force: true });
      this.#onChange();
    });
  }

  #signal(pid: number, signal: NodeJS.Signals): void {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between: that is what was wanted.
    }
  }

  /** A new secret for every start, in a file: an argument would be in the process list. */
  #writeJolokiaProperties(): void {
    const { host, port } = this.#node.jolokia;
    const lines = [
      `host=${host}`,
      `port=${port}`,
      `user=${JOLOKIA_USER}`,
      `password=${randomBytes(24).toString('hex')}`,
      'agentContext=/jolokia',
      'discoveryEnabled=false',
      'executor=fixed',
      'threadNr=16',
      'backlog=64',
      'historyMaxEntries=0',
      'debug=false',
      'maxDepth=0',
      'maxCollectionSize=0',
      'maxObjects=0',
      'allowErrorDetails=true',
    ];
    rmSync(this.#jolokiaProperties, { force: true });
    writeFileSync(this.#jolokiaProperties, `${lines.join('\n')}\n`, { mode: 0o600 });
  }

  get #pidFile(): string {
    return join(this.#node.run, 'cassandra.pid');
  }

  get #jolokiaProperties(): string {
    return join(this.#node.run, 'jolokia.properties');
  }

  get #temporary(): string {
    return join(this.#node.run, 'tmp');
  }
}

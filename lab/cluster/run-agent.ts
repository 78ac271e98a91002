import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '../stand-in/connection.ts';
import { managementServer } from '../stand-in/server.ts';
import type { NodeFile } from './node-file.ts';

export interface AgentOptions {
  /** Starts Cassandra at once. */
  readonly start: boolean;
  /** Kills Cassandra and ends when the standard input closes. */
  readonly exitWithParent: boolean;
}

/** Serves one node's management API and supervises its Cassandra, until a signal ends this process. */
export function runAgent(node: NodeFile, options: AgentOptions): void {
  mkdirSync(node.run, { recursive: true });
  const pidFile = join(node.run, 'agent.pid');
  const connection = new Connection(node);
  const end = () => {
    rmSync(pidFile, { force: true });
    process.exit(0);
  };
  serve(node, connection, pidFile);
  stopOnSignals(connection, end);
  if (options.exitWithParent) {
    process.stdin.resume();
    process.stdin.on('close', () => {
      connection.process.kill();
      end();
    });
  }
  if (options.start && connection.process.pid === undefined) {
    connection.process.start();
    connection.wanted = 'started';
  }
}

function serve(node: NodeFile, connection: Connection, pidFile: string): void {
  const server = managementServer(node, connection);
  server.listen(node.management.port, node.management.host, () => {
    writeFileSync(pidFile, `${process.pid}\n`);
    console.log(`${node.name}: serving on ${node.management.host}:${node.management.port}`);
  });
  server.on('error', (error) => {
    console.error(`${node.name}: ${error.message}`);
    process.exit(1);
  });
}

function stopOnSignals(connection: Connection, end: () => void): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      connection.process.stop().finally(end);
    });
  }
}

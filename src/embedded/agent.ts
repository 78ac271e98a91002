import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readNodeFile } from './node-file.ts';
import { Connection } from './stand-in/connection.ts';
import { managementServer } from './stand-in/server.ts';

/*
 * One node's management API: serves HTTP and supervises that node's Cassandra.
 *   node agent.ts --config node.json [--start] [--exit-with-parent]
 * --start starts Cassandra at once; --exit-with-parent kills it and ends when the standard input closes.
 */
const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    start: { type: 'boolean', default: false },
    'exit-with-parent': { type: 'boolean', default: false },
  },
});
if (values.config === undefined) {
  console.error('--config is missing');
  process.exit(2);
}

const node = readNodeFile(values.config);
mkdirSync(node.run, { recursive: true });
const pidFile = join(node.run, 'agent.pid');
const connection = new Connection(node);
const server = managementServer(node, connection);

server.listen(node.management.port, node.management.host, () => {
  writeFileSync(pidFile, `${process.pid}\n`);
  console.log(`${node.name}: serving on ${node.management.host}:${node.management.port}`);
});
server.on('error', (error) => {
  console.error(`${node.name}: ${error.message}`);
  process.exit(1);
});

function end(): never {
  rmSync(pidFile, { force: true });
  process.exit(0);
}

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    connection.process.stop().finally(end);
  });
}

if (values['exit-with-parent']) {
  process.stdin.resume();
  process.stdin.on('close', () => {
    connection.process.kill();
    end();
  });
}

if (values.start && connection.process.pid === undefined) {
  connection.process.start();
  connection.wanted = 'started';
}

import { parseArgs } from 'node:util';
import { readNodeFile } from './node-file.ts';
import { runAgent } from './run-agent.ts';

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
runAgent(readNodeFile(values.config), { start: values.start, exitWithParent: values['exit-with-parent'] });

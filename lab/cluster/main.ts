import { Command, Option } from 'commander';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import type { Configuration } from '../cassandra/configurations.ts';
import { describeCluster, runs } from './describe-cluster.ts';
import { attach, type EmbeddedCluster, startCluster } from './launcher.ts';

/* The embedded cluster by hand: npm run cluster -- up|down|kill|status --directory DIR */

interface UpOptions {
  readonly directory: string;
  readonly cassandra: string;
  readonly configuration?: Configuration;
  readonly subnet: string;
  readonly nodes: string;
  readonly tls: boolean;
  readonly memory: string;
  readonly jmxBasePort?: string;
  readonly archive: boolean;
}

const program = new Command('cluster').description('A real Cassandra cluster on loopback addresses');
const directory = () =>
  new Option('--directory <dir>', 'where everything of the cluster is').makeOptionMandatory();

program
  .command('up')
  .description('start the cluster, or what of it does not run, and wait until it is ready')
  .addOption(directory())
  .option('--cassandra <version>', 'Cassandra release', '5.0.6')
  .addOption(
    new Option(
      '--configuration <file>',
      "which of the release's files to start from; latest where it has both",
    ).choices(['latest', 'compatible']),
  )
  .option('--subnet <a.b.c>', 'first three numbers of the addresses', '127.0.5')
  .option('--nodes <count>', 'number of nodes', '3')
  .option('--tls', 'management APIs with client certificates', false)
  .option('--memory <megabytes>', 'Java heap of a node', '512')
  .option('--jmx-base-port <port>', 'JMX for nodetool on 127.0.0.1, from this port on')
  .option('--archive', 'keep finished commit log segments in the volumes', false)
  .action(up);
program.command('down').description('stop it gracefully').addOption(directory()).action(ending('stop'));
program.command('kill').description('kill all its processes').addOption(directory()).action(ending('kill'));
program
  .command('status')
  .description('show its nodes; exit status 1 where one does not run')
  .addOption(directory())
  .action(status);

async function up(options: UpOptions): Promise<void> {
  const begin = Date.now();
  const cluster = await startCluster({
    directory: options.directory,
    version: options.cassandra,
    ...(options.configuration === undefined ? {} : { configuration: options.configuration }),
    subnet: options.subnet,
    nodes: Number(options.nodes),
    tls: options.tls,
    memory: Number(options.memory),
    archive: options.archive,
    ...(options.jmxBasePort === undefined ? {} : { jmxBasePort: Number(options.jmxBasePort) }),
    onProgress: (message) => console.error(`${seconds(begin)} ${message}`),
  });
  console.error(`${seconds(begin)} all ready`);
  show(cluster);
}

function ending(verb: 'stop' | 'kill') {
  return async (options: { readonly directory: string }) => {
    await attach(options.directory)[verb]();
  };
}

function status(options: { readonly directory: string }): void {
  const cluster = attach(options.directory);
  show(cluster);
  if (!cluster.processes().every(runs)) process.exitCode = 1;
}

function show(cluster: EmbeddedCluster): void {
  for (const line of describeCluster(cluster)) console.log(line);
}

function seconds(begin: number): string {
  return `${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s`;
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof LauncherError)) throw error;
  console.error(`${error.message}\nHint: ${error.hint}`);
  process.exitCode = 1;
}

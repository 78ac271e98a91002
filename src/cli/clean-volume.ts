import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { KassetteError } from '../domain/errors.ts';
import { VERSION } from '../domain/version.ts';
import { cleanClaims } from '../engine/cold/clean-claims.ts';
import type { CleanVolumeOptions } from '../engine/cold/volume/options.ts';
import { cleanVolume } from '../engine/verbs/clean-volume.ts';
import { pullSecretOption, withCommonOptions } from './program.ts';
import { renderCleanClaims, renderCleanVolume } from './render/clean-volume.ts';
import { connecting, type Edge, telling } from './run.ts';

const NAME = 'clean-volume';

const flagsForm = z.looseObject({
  path: z.string().optional(),
  tag: z.string().optional(),
  dryRun: z.boolean().default(false),
  check: z.boolean().default(false),
  packed: z.boolean().default(false),
  keepDisplaced: z.boolean().default(false),
  again: z.boolean().default(false),
  elsewhere: z.boolean().default(false),
  verify: z.enum(['quick', 'full']),
  expectCluster: z.string().optional(),
  expectNode: z.string().optional(),
  ownAddress: z.array(z.string()).default([]),
  namespace: z.string().optional(),
  kubeconfig: z.string().optional(),
  embedded: z.string().optional(),
  context: z.string().optional(),
  datacenter: z.array(z.string()).default([]),
  output: z.enum(['text', 'json', 'kanister']),
  logLevel: z.enum(['silent', 'warn', 'info', 'debug']),
});
type Flags = z.infer<typeof flagsForm>;

/** `kassette clean-volume`: a cold restore, of a directory or of the volumes of claims. */
export function cleanVolumeCommand(edge: Edge): Command {
  const summary =
    'Restore volumes from the backup in them while Cassandra is stopped. For volumes on which Cassandra does not start.';
  return withCommonOptions(new Command(NAME).summary(summary).description(summary))
    .addArgument(
      new Argument('[claim...]', 'persistent volume claims, such as server-data-dse-cass-prd-default-sts-0'),
    )
    .option('--path <directory>', 'a volume as a directory: what is mounted at /var/lib/cassandra')
    .option('--dry-run', 'change nothing; list every file that would be moved or linked')
    .option('--check', 'change nothing; report whether the volume can be restored')
    .addOption(new Option('--packed', 'the list in the form in which a Job reports it').hideHelp())
    .option('--keep-displaced', 'keep the files that are moved aside')
    .option('--again', 'restore again, even if Cassandra has run on the restored volume')
    .option(
      '--elsewhere',
      'remove the addresses of the other nodes, so that the restored node does not contact the original cluster',
    )
    .addOption(
      new Option('--verify <depth>', 'full: read every Data.db file and compare its CRC')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .addOption(
      new Option(
        '--image <image>',
        `image for the Jobs (default: the pod's own, or kassette:${VERSION})`,
      ).env('KASSETTE_IMAGE'),
    )
    .addOption(pullSecretOption())
    .option('--expect-cluster <name>', 'with --path: refuse a backup of another cluster')
    .option('--expect-node <name>', 'with --path: refuse a backup of another node')
    .option(
      '--own-address <address...>',
      'with --path: addresses of nodes of the same cluster, which may run',
    )
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((e) => `  $ kassette ${NAME} ${e}`).join('\n')}`)
    .action(async (claims: readonly string[], given: Record<string, unknown>) => {
      const flags = flagsForm.parse(given);
      await telling(edge, NAME, flags, async (progress) => {
        if (flags.path !== undefined && claims.length === 0) {
          const ports = edge.openVolume(flags.path, progress);
          return renderCleanVolume(await cleanVolume(ports, options(flags, edge)), flags);
        }
        if (flags.path !== undefined || (claims.length === 0 && flags.datacenter.length === 0))
          throw unclear();
        const ports = await connecting(edge, NAME, given, progress);
        const datacenters = flags.datacenter;
        return renderCleanClaims(await cleanClaims(ports, { ...options(flags, edge), claims, datacenters }));
      });
    });
}

const EXAMPLES = [
  'server-data-dse-cass-prd-default-sts-0 --namespace cass-operator',
  '--datacenter cass-prd --namespace cass-operator --dry-run',
  '--path /var/lib/cassandra',
];

function options(flags: Flags, { signal }: Edge): CleanVolumeOptions {
  const { tag, keepDisplaced, again, elsewhere, namespace, verify, expectCluster, expectNode } = flags;
  const dryRun = flags.dryRun || flags.check;
  const expected = { cluster: expectCluster, node: expectNode };
  const ownAddresses = flags.ownAddress;
  const listed = flags.dryRun;
  return {
    tag,
    dryRun,
    listed,
    keepDisplaced,
    again,
    elsewhere,
    namespace,
    verify,
    ownAddresses,
    expected,
    signal,
  };
}

function unclear(): KassetteError {
  return new KassetteError(
    'USAGE',
    'The command line does not say which volumes to restore.',
    'Name claims, or a datacenter for all of its claims (--datacenter), or one directory (--path).',
  );
}

import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { cleanClaims } from '../commands/clean-volume/clean-claims.ts';
import { cleanVolume } from '../commands/clean-volume/clean-volume.ts';
import type { CleanVolumeOptions } from '../commands/clean-volume/options.ts';
import { KassetteError } from '../domain/errors.ts';
import { VERSION } from '../domain/version.ts';
import { pullSecretOption, withCommonOptions } from './program.ts';
import { renderCleanClaims, renderCleanVolume } from './render/clean-volume.ts';
import { connecting, type Edge, telling } from './run.ts';

const NAME = 'clean-volume';

const flagsForm = z.looseObject({
  path: z.string().optional(),
  tag: z.string().optional(),
  dryRun: z.boolean(),
  check: z.boolean(),
  packed: z.boolean(),
  keepDisplaced: z.boolean(),
  again: z.boolean(),
  elsewhere: z.boolean(),
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
    'Restore volumes on which Cassandra does not start from the backup in them, with Cassandra stopped.';
  return withCommonOptions(new Command(NAME).summary(summary).description(summary))
    .addArgument(
      new Argument('[claim...]', 'persistent volume claims, such as server-data-dse-cass-prd-default-sts-0'),
    )
    .option('--path <directory>', 'a volume as a directory: what is mounted at /var/lib/cassandra')
    .option('--dry-run', 'change nothing; list every file that would be moved, linked or emptied', false)
    .option('--check', 'change nothing; only say whether the volume can be restored', false)
    .addOption(new Option('--packed', 'the list as a Job tells it').default(false).hideHelp())
    .option('--keep-displaced', 'keep what is moved aside, for good', false)
    .option('--again', 'once more, though Cassandra has run on what was restored', false)
    .option('--elsewhere', 'the restored node must not find those of the original: it forgets them', false)
    .addOption(
      new Option('--verify <depth>', 'full: read every Data.db and compare its CRC')
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
    .option('--own-address <address...>', 'with --path: nodes that this one belongs to, which may run')
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
    'It is not clear which volumes are meant.',
    'Name claims, or the datacenter of which all are meant (--datacenter), or one directory (--path).',
  );
}

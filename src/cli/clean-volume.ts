import type { Command } from 'commander';
import { Command as NewCommand, Option } from 'commander';
import { z } from 'zod';
import { cleanVolume } from '../commands/clean-volume/clean-volume.ts';
import type { CleanVolumeOptions } from '../commands/clean-volume/options.ts';
import { KassetteError } from '../domain/errors.ts';
import { renderCleanVolume } from './render/clean-volume.ts';
import { type Edge, telling } from './run.ts';

const NAME = 'clean-volume';

const flagsForm = z.object({
  path: z.string().optional(),
  tag: z.string().optional(),
  dryRun: z.boolean(),
  keepDisplaced: z.boolean(),
  again: z.boolean(),
  elsewhere: z.boolean(),
  verify: z.enum(['quick', 'full']),
  expectCluster: z.string().optional(),
  expectNode: z.string().optional(),
  output: z.enum(['text', 'json']),
  logLevel: z.enum(['silent', 'warn', 'info', 'debug']),
});

/** `kassette clean-volume`: a cold restore, on a directory. */
export function cleanVolumeCommand(edge: Edge): Command {
  const summary =
    'Restore a volume on which Cassandra does not start, from the backup in it; Cassandra is stopped.';
  return new NewCommand(NAME)
    .summary(summary)
    .description(summary)
    .option('--path <directory>', 'the volume: what is mounted at /var/lib/cassandra')
    .option('--tag <tag>', 'the backup meant, where there are several')
    .option('--dry-run', 'list every file that would be moved, linked or emptied; change nothing', false)
    .option('--keep-displaced', 'keep what is moved aside, for good', false)
    .option('--again', 'once more, though Cassandra has run on what was restored', false)
    .option('--elsewhere', 'the restored node must not find those of the original: it forgets them', false)
    .addOption(
      new Option('--verify <depth>', 'full: read every Data.db and compare its CRC')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--expect-cluster <name>', 'refuse a backup of another cluster')
    .option('--expect-node <name>', 'refuse a backup of another node')
    .addOption(
      new Option('-o, --output <format>', 'form of the result').choices(['text', 'json']).default('text'),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to tell on standard error')
        .choices(['silent', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .addHelpText(
      'after',
      `\nExamples:\n  $ kassette ${NAME} --path /var/lib/cassandra --dry-run\n  $ kassette ${NAME} --path /var/lib/cassandra`,
    )
    .action(async (given) => {
      const flags = flagsForm.parse(given);
      await telling(edge, NAME, flags, async (progress) => {
        if (flags.path === undefined) throw noVolumeNamed();
        return renderCleanVolume(
          await cleanVolume(edge.openVolume(flags.path, progress), options(flags, edge)),
        );
      });
    });
}

function options(flags: z.infer<typeof flagsForm>, { signal }: Edge): CleanVolumeOptions {
  const { tag, dryRun, keepDisplaced, again, elsewhere, verify, expectCluster, expectNode } = flags;
  const expected = { cluster: expectCluster, node: expectNode };
  return { tag, dryRun, keepDisplaced, again, elsewhere, verify, expected, signal };
}

function noVolumeNamed(): KassetteError {
  return new KassetteError('USAGE', 'No volume is named.', 'Name its directory with --path.');
}

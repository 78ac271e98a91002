import { type Command, Option } from 'commander';
import { afterBackup } from '../commands/after-backup/after-backup.ts';
import { beforeBackup } from '../commands/before-backup/before-backup.ts';
import { orInvalid, parseDuration } from './quantities.ts';
import { renderAfterBackup, renderBeforeBackup } from './render/backup.ts';
import type { Invocation } from './run.ts';

type Add = (name: string, summary: string, invocation: Invocation, examples: readonly string[]) => Command;

/** `before-backup` and `after-backup`: what is run before the volumes are copied and after it. */
export function addBackupCommands(add: Add): void {
  add(
    'before-backup',
    'Snapshot every node and write what a restore needs; run before the volumes are copied.',
    async (ports, options) => renderBeforeBackup(await beforeBackup(ports, options)),
    [
      'before-backup --namespace cass-operator',
      'before-backup --datacenter cass-prd --timeout 10m --output json',
    ],
  )
    .addOption(runOption())
    .addOption(
      new Option(
        '--abandon-after <duration>',
        'how long no other run may remove the backup: longer than copying the volumes takes; 12h, 24h (default: 24h)',
      ).argParser(orInvalid(parseDuration)),
    );
  add(
    'after-backup',
    'Close the open backup: check that it was whole until now, and remove it; run after the volumes are copied.',
    async (ports, options) => renderAfterBackup(await afterBackup(ports, options)),
    [
      'after-backup --namespace cass-operator',
      'after-backup --failed --run policy-run-17',
      'after-backup --tag kassette-20260301T021500Z-1a2b',
    ],
  )
    .addOption(runOption())
    .option(
      '--close',
      'with --tag: close that one; without --close, --tag gives a backup up unchecked',
      false,
    )
    .option('--failed', 'the volumes could not be copied: remove only what this run has made', false)
    .option('--incomplete', 'give up all backups that are not complete on every node', false);
}

function runOption(): Option {
  return new Option(
    '--run <id>',
    "the same for all hooks of one policy's run: tells its own backup from those of other runs",
  ).env('KASSETTE_RUN');
}

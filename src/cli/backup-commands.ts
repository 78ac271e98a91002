import { type Command, Option } from 'commander';
import { afterBackup } from '../engine/verbs/after-backup.ts';
import { beforeBackup } from '../engine/verbs/before-backup.ts';
import { asDuration } from './quantities.ts';
import { renderAfterBackup, renderBeforeBackup } from './render/backup.ts';
import type { Invocation } from './run.ts';

type Add = (name: string, summary: string, invocation: Invocation, examples: readonly string[]) => Command;

/** `before-backup` and `after-backup`: what is run before the volumes are copied and after it. */
export function addBackupCommands(add: Add): void {
  add(
    'before-backup',
    'Snapshot every node and save what a restore needs. Run it before the volumes are copied.',
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
        'time for which no other run may remove the backup; longer than copying the volumes takes: 12h, 48h (default: 24h)',
      ).argParser(asDuration()),
    );
  add(
    'after-backup',
    'Close the open backup: check that it is still whole, then remove it. Run it after the volumes are copied.',
    async (ports, options) => renderAfterBackup(await afterBackup(ports, options)),
    [
      'after-backup --namespace cass-operator',
      'after-backup --failed --run policy-run-17',
      'after-backup --tag kassette-20260301T021500Z-1a2b',
    ],
  )
    .addOption(runOption())
    .option('--close', 'with --tag: close that backup; without --close, --tag removes a backup unchecked')
    .option('--failed', 'the volumes could not be copied: remove only the backup of this run')
    .option('--incomplete', 'remove all backups that are not complete on every node');
}

function runOption(): Option {
  return new Option(
    '--run <id>',
    'ID of a policy run, the same for all its hooks; identifies the backup of that run',
  ).env('KASSETTE_RUN');
}

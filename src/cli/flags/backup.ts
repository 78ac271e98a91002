import { countAbove, DURATION, flag, grouped, ON, TEXT_OR_NONE } from './flag.ts';

export const BACKUP = grouped('Backup:', {
  failed: flag('--failed', 'the volumes could not be copied: remove only the backup of this run', ON),
  close: flag(
    '--close',
    'with --tag: close that backup; without --close, --tag removes a backup unchecked',
    ON,
  ),
  incomplete: flag('--incomplete', 'remove all backups that are not complete on every node', ON),
  run: flag(
    '--run <id>',
    'ID of a policy run, the same for all its hooks; identifies the backup of that run',
    TEXT_OR_NONE,
    { env: 'KASSETTE_RUN' },
  ),
  keep: flag(
    '--keep <count>',
    'backups that stay in the volumes when this one is closed, as bases of the archived log, itself included (default: 1, none)',
    countAbove(0, 'a number of backups, 1 or more').optional(),
  ),
  abandonAfterMs: flag(
    '--abandon-after <duration>',
    'time for which no other run may remove the backup; longer than copying the volumes takes: 12h, 48h (default: 24h)',
    DURATION.optional(),
  ),
});

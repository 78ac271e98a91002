import { afterBackup } from '../../engine/verbs/after-backup.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderAfterBackup } from '../render/backup.ts';

export const afterBackupCommand = clusterCommand({
  name: 'after-backup',
  summary:
    'Close the open backup: check that it is still whole, then remove it. Run it after the volumes are copied.',
  section: 'Backup:',
  access: 'write',
  flags: flags('forNamespace', 'failed', 'close', 'incomplete', 'run'),
  examples: [
    'kassette after-backup --namespace cass-operator',
    'kassette after-backup --failed --run policy-run-17',
    'kassette after-backup --tag kassette-20260301T021500Z-1a2b',
  ],
  run: afterBackup,
  render: renderAfterBackup,
  noteOf: ({ closed, removed }) =>
    closed === null && removed.length === 0 ? {} : { tag: closed ?? removed.join(', ') },
});

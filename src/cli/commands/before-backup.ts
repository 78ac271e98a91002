import { beforeBackup } from '../../engine/verbs/before-backup.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderBeforeBackup } from '../render/backup.ts';

export const beforeBackupCommand = clusterCommand({
  name: 'before-backup',
  summary: 'Snapshot every node and save what a restore needs. Run it before the volumes are copied.',
  section: 'Backup:',
  access: 'write',
  flags: flags('forNamespace', 'timeLimitMs', 'run', 'keep', 'abandonAfterMs'),
  examples: [
    'kassette before-backup --namespace cass-operator',
    'kassette before-backup --namespace k8ssandra --k8ssandra-cluster demo',
    'kassette before-backup --namespace cass-operator --keep 2',
    'kassette before-backup --datacenter cass-prd --timeout 10m --output json',
  ],
  run: beforeBackup,
  render: renderBeforeBackup,
  noteOf: ({ tag }) => ({ tag }),
});

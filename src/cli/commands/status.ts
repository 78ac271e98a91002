import { status } from '../../engine/verbs/status.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderStatus } from '../render/status.ts';

export const statusCommand = clusterCommand({
  name: 'status',
  summary:
    'Show which backups are in the volumes, whether they are complete, and what the last runs came to.',
  section: 'Inspect:',
  access: 'read',
  withoutCql: true,
  flags: flags(),
  examples: [
    'kassette status --namespace cass-operator',
    'kassette status --namespace k8ssandra --k8ssandra-cluster demo',
    'kassette status --embedded ~/demo --output json',
  ],
  run: status,
  render: renderStatus,
});

import { tagsOf } from '../../domain/backup/tag.ts';
import { recover } from '../../engine/verbs/recover.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags, JOB_FLAGS } from '../flags/catalogue.ts';
import { renderRecover } from '../render/recover.ts';

export const recoverCommand = clusterCommand({
  name: 'recover',
  summary:
    'Stop datacenters, restore their volumes cold, start them and verify. For volumes on which Cassandra does not start.',
  section: 'Restore:',
  access: 'write',
  flags: flags(
    ...(['keepExtra', 'verify', 'reserveBytes'] as const),
    ...(['elsewhere', 'keepDisplaced', 'image', 'pullSecrets'] as const),
    ...JOB_FLAGS,
  ),
  examples: [
    'kassette recover --namespace cass-operator --datacenter cass-prd',
    'kassette recover --namespace k8ssandra --k8ssandra-cluster demo',
    'kassette recover --embedded ~/demo --output json',
  ],
  run: (ports, options) => recover(ports, { ...options, method: undefined, recover: 'never' }),
  render: renderRecover,
  noteOf: ({ clusters }) => ({ tag: tagsOf(clusters) }),
});

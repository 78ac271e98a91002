import { tagsOf } from '../../domain/backup/tag.ts';
import { afterRestore } from '../../engine/verbs/after-restore.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags, JOB_FLAGS } from '../flags/catalogue.ts';
import { renderAfterRestore } from '../render/restore.ts';

export const afterRestoreCommand = clusterCommand({
  name: 'after-restore',
  summary: 'Turn restored volumes into exactly the database of the backup in them.',
  section: 'Restore:',
  access: 'write',
  awaitsK8ssandra: true,
  flags: flags(
    ...(['forNamespace', 'timeLimitMs', 'method', 'recover', 'keepExtra', 'verify'] as const),
    'reserveBytes',
    ...(['elsewhere', 'keepDisplaced', 'image', 'pullSecrets'] as const),
    ...JOB_FLAGS,
  ),
  examples: [
    'kassette after-restore --namespace cass-operator',
    'kassette after-restore --verify full --keep-extra --timeout 30m',
  ],
  run: afterRestore,
  render: renderAfterRestore,
  noteOf: ({ clusters }) => ({ tag: tagsOf(clusters) }),
});

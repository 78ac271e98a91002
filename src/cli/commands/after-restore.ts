import { tagsOf } from '../../domain/backup/tag.ts';
import { KassetteError } from '../../domain/errors.ts';
import { afterRestore } from '../../engine/verbs/after-restore.ts';
import { rewind } from '../../engine/verbs/point-in-time/rewind.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags, JOB_FLAGS } from '../flags/catalogue.ts';
import { renderAfterRestore } from '../render/restore.ts';
import { renderRewind } from '../render/rewind.ts';

export const afterRestoreCommand = clusterCommand({
  name: 'after-restore',
  summary: 'Turn restored volumes into exactly the database of the backup in them.',
  section: 'Restore:',
  access: 'write',
  awaitsK8ssandra: true,
  flags: flags(
    ...(['forNamespace', 'timeLimitMs', 'method', 'recover', 'keepExtra', 'verify'] as const),
    ...(['reserveBytes', 'to'] as const),
    ...(['elsewhere', 'keepDisplaced', 'image', 'pullSecrets'] as const),
    ...JOB_FLAGS,
  ),
  examples: [
    'kassette after-restore --namespace cass-operator',
    'kassette after-restore --verify full --keep-extra --timeout 30m',
    'kassette after-restore --to 2026-03-01T14:02:59Z --embedded ~/demo',
  ],
  async run(ports, options) {
    const { to, method, keepExtra, forNamespace } = options;
    if (to === undefined) return afterRestore(ports, options);
    if (method !== undefined || keepExtra || forNamespace !== undefined) throw alone();
    return rewind(ports, { ...options, undo: false, accept: false, dryRun: false, restored: true });
  },
  render: (result) => ('outcome' in result ? renderRewind(result) : renderAfterRestore(result)),
  noteOf: (result) => ({ tag: 'outcome' in result ? (result.plan?.base ?? null) : tagsOf(result.clusters) }),
});

function alone(): KassetteError {
  return new KassetteError(
    'USAGE',
    'With `--to` all nodes are stopped, and all tables are as they were at that second: `--method`, `--keep-extra` and `--for-namespace` do not go with it.',
    'Nothing was changed. Leave them out; or leave out `--to` for the database of the backup.',
  );
}

import { beforeRestore } from '../../engine/verbs/before-restore.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderBeforeRestore } from '../render/restore.ts';

export const beforeRestoreCommand = clusterCommand({
  name: 'before-restore',
  summary: 'Check what can be checked before the volumes are restored. Changes nothing.',
  section: 'Restore:',
  // It takes the lease: no other run may be at work while it checks.
  access: 'write',
  flags: flags('forNamespace', 'keepExtra', 'verify', 'reserveBytes', 'otherNamespaces'),
  examples: ['kassette before-restore --namespace cass-operator'],
  run: (ports, options) => beforeRestore(ports, { ...options, method: undefined }),
  render: renderBeforeRestore,
  noteOf: ({ findings }) => ({ code: findings.find((f) => !f.ok)?.code ?? null }),
});

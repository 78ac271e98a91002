import { plan } from '../../engine/verbs/plan.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderPlan } from '../render/restore.ts';

export const planCommand = clusterCommand({
  name: 'plan',
  summary: 'Print exactly what after-restore would do, after the same checks. Changes nothing.',
  section: 'Restore:',
  access: 'read',
  flags: flags('method', 'recover', 'keepExtra', 'verify', 'reserveBytes'),
  examples: [
    'kassette plan --namespace cass-operator',
    'kassette plan --tag kassette-20260301T021500Z-1a2b --output json',
  ],
  run: plan,
  render: renderPlan,
});

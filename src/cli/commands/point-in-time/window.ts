import { window } from '../../../engine/verbs/point-in-time/window.ts';
import { clusterCommand } from '../../descriptor.ts';
import { flags } from '../../flags/catalogue.ts';
import { renderWindow } from '../../render/window.ts';

export const windowCommand = clusterCommand({
  name: 'window',
  summary:
    'Show from when to when each datacenter can be set back: its bases, the archived log, and gaps in it.',
  section: 'Inspect:',
  access: 'read',
  withoutCql: true,
  flags: flags(),
  examples: [
    'kassette window --namespace cass-operator',
    'kassette window --datacenter cass-prd --output json',
    'kassette window --embedded ~/demo',
  ],
  run: window,
  render: renderWindow,
});

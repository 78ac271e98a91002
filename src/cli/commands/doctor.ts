import { doctor } from '../../engine/verbs/doctor.ts';
import { clusterCommand } from '../descriptor.ts';
import { flags } from '../flags/catalogue.ts';
import { renderDoctor } from '../render/doctor.ts';

export const doctorCommand = clusterCommand({
  name: 'doctor',
  summary: 'Report what is wrong with how Kasten backs up a namespace. Changes nothing.',
  section: 'Inspect:',
  access: 'diagnose',
  flags: flags('kastenNamespace', 'maxAgeMs'),
  examples: [
    'kassette doctor --namespace cass-operator',
    'kassette doctor --namespace cass-operator --max-age 26h --output json',
  ],
  run: doctor,
  render: renderDoctor,
});

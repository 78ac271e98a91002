import { verify } from '../../engine/verbs/verify.ts';
import { clusterCommand } from '../descriptor.ts';
import { CLONE_JOB_FLAGS, flags } from '../flags/catalogue.ts';
import { renderVerified } from '../render/verify.ts';

export const verifyCommand = clusterCommand({
  name: 'verify',
  summary: 'Check whether a backup is whole: files, sizes, CRCs, schema, every node and token.',
  section: 'Inspect:',
  access: 'read',
  withoutCql: true,
  flags: flags('from', 'deep', 'timeLimitMs', ...CLONE_JOB_FLAGS),
  examples: [
    'kassette verify --from backup:kassette-20260301T021500Z-1a2b --deep',
    'kassette verify --from clones:2026-03-01-08-30-00',
    'kassette verify --embedded ~/demo --from path:/copies',
  ],
  run: verify,
  render: renderVerified,
});

import { KassetteError } from '../../../domain/errors.ts';
import { rewind } from '../../../engine/verbs/point-in-time/rewind.ts';
import { clusterCommand } from '../../descriptor.ts';
import { flags } from '../../flags/catalogue.ts';
import { renderRewind } from '../../render/rewind.ts';

export const rewindCommand = clusterCommand({
  name: 'rewind',
  summary:
    'Set a cluster back to a second, in place: to a backup in its volumes and the archived commit log since. Until it is accepted it can be undone.',
  section: 'Restore:',
  access: 'write',
  flags: flags('to', 'undo', 'accept', 'dryRun', 'reserveBytes'),
  examples: [
    'kassette rewind --to 2026-03-01T14:02:59Z --embedded ~/demo --dry-run',
    "kassette rewind --to '10m ago' --embedded ~/demo",
    'kassette rewind --undo --embedded ~/demo',
  ],
  run: (ports, options) => {
    const { to, undo, accept } = options;
    const asked = [to !== undefined, undo, accept].filter(Boolean).length;
    if (asked !== 1 || (options.dryRun && to === undefined)) throw unclear();
    return rewind(ports, options);
  },
  render: renderRewind,
  onlyLooks: ({ dryRun }) => dryRun,
});

function unclear(): KassetteError {
  return new KassetteError(
    'USAGE',
    'The command line does not say what to do.',
    'Nothing was changed. Give one of `--to` with a time, `--undo` and `--accept`. `--dry-run` goes with `--to` alone.',
  );
}

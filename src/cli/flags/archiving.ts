import { z } from 'zod';
import { CONNECTION } from './connection.ts';
import { BYTES, countAbove, flag, ON, oneOf } from './flag.ts';

const PERCENT = countAbove(0, 'a whole number of percent, 1 to 99').refine((n) => n < 100, {
  error: 'It must be below 100.',
});

const { kubeconfig, context } = CONNECTION;

/** Of the archive of the commit log. */
export const ARCHIVING = {
  action: flag('<action>', '`enable` or `disable`', oneOf('enable', 'disable')),
  namespace: flag('-n, --namespace <name>', 'namespace of the datacenter', z.string(), {
    required: true,
    neverEmpty: true,
  }),
  datacenter: flag('-d, --datacenter <name>', 'the CassandraDatacenter', z.string(), {
    required: true,
    neverEmpty: true,
  }),
  copy: flag(
    '--copy',
    'copy segments instead of linking them: for a commit log on a volume of its own, which links cannot leave',
    ON,
  ),
  mostPercent: flag(
    '--most-percent <percent>',
    'share of the volume at which archiving stops (default: 25)',
    PERCENT.optional(),
  ),
  freePercent: flag(
    '--free-percent <percent>',
    'share of the volume that stays free; archiving stops before (default: 10)',
    PERCENT.optional(),
  ),
  mostBytes: flag(
    '--most-bytes <size>',
    'size at which archiving stops: 20GiB (default: none)',
    BYTES.optional(),
  ),
  apply: flag('--apply', 'change the CassandraDatacenter instead of printing what it needs', ON),
  ...{ kubeconfig, context },
};

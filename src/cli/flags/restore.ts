import { VERSION } from '../../domain/version.ts';
import { BYTES, flag, grouped, ON, oneOf, TEXT, TEXT_OR_NONE, TEXTS } from './flag.ts';

export const RESTORE = grouped('Restore:', {
  to: flag('--to <time>', 'the second to set back to: 2026-03-01T14:02:59Z, or `10m ago` (s, m, h, d)', TEXT),
  undo: flag('--undo', 'bring back the state before the rewind; what was written since is gone', ON),
  accept: flag('--accept', 'remove what the rewind keeps for --undo', ON),
  method: flag(
    '--method <way>',
    'warm: while Cassandra runs; cold: with Cassandra stopped (default: warm, but an interrupted cold restore goes on)',
    oneOf('warm', 'cold').optional(),
  ),
  recover: flag(
    '--recover <when>',
    'whether to restore cold if Cassandra does not start because of what is on its volume',
    oneOf('auto', 'ask', 'never'),
    { default: 'auto' },
  ),
  mode: flag(
    '--mode <mode>',
    "replace: as in the backup; merge: add the backup's rows to the live table",
    oneOf('replace', 'merge'),
    { default: 'replace' },
  ),
  keepExtra: flag('--keep-extra', 'keep keyspaces and tables that the backup does not have', ON),
  verify: flag('--verify <depth>', 'full: read every file and compare its checksum', oneOf('quick', 'full'), {
    default: 'quick',
  }),
  deep: flag('--deep', 'read every file and compare its checksum', ON),
  reserveBytes: flag('--reserve <bytes>', 'space to keep free on every volume: 512MiB, 10GiB', BYTES, {
    default: '64MiB',
    plain: true,
  }),
  bytesPerSecond: flag(
    '--rate <bytes>',
    'limit for copying, per second and over all nodes: 50MiB',
    BYTES.optional().transform((rate) => rate ?? null),
  ),
  dryRun: flag('--dry-run', 'change nothing; list every file that would be moved or linked', ON),
  check: flag('--check', 'change nothing; report whether the volume can be restored', ON),
  packed: flag('--packed', 'the list in the form in which a Job reports it', ON, { hidden: true }),
  again: flag('--again', 'restore again, even if Cassandra has run on the restored volume', ON),
  otherNamespaces: flag(
    '--other-namespace <name...>',
    'namespaces to look in for the original of what is restored, if the rights do not reach all',
    TEXTS,
    { neverEmpty: true },
  ),
  elsewhere: flag(
    '--elsewhere',
    'cold restore: remove the addresses of the other nodes, so that the restored ones do not contact the original cluster',
    ON,
  ),
  keepDisplaced: flag('--keep-displaced', 'keep the files that a cold restore moves aside', ON),
  image: flag(
    '--image <image>',
    `image for the Jobs of a cold restore (default: the pod's own, or kassette:${VERSION})`,
    TEXT_OR_NONE,
    { env: 'KASSETTE_IMAGE' },
  ),
  pullSecrets: flag(
    '--image-pull-secret <name...>',
    "secrets for the registry of that image, in the datacenters' namespace (default: those of the datacenter's pods)",
    TEXTS,
  ),
  expectCluster: flag('--expect-cluster <name>', 'with --path: refuse a backup of another cluster', TEXT),
  expectNode: flag('--expect-node <name>', 'with --path: refuse a backup of another node', TEXT),
  ownAddresses: flag(
    '--own-address <address...>',
    'with --path: addresses of nodes of the same cluster, which may run',
    TEXTS,
  ),
});

import { KassetteError } from '../../domain/errors.ts';
import type { ColdResult } from '../../domain/restore/cold-result.ts';
import { type CleanClaimsResult, cleanClaims } from '../../engine/cold/clean-claims.ts';
import { cleanVolume } from '../../engine/verbs/clean-volume.ts';
import { clusterCommand, type OpenVolume, type RunContext } from '../descriptor.ts';
import { flags, JOB_FLAGS } from '../flags/catalogue.ts';
import type { Values } from '../flags/flag.ts';
import { renderCleanClaims, renderCleanVolume } from '../render/clean-volume.ts';

const FLAGS = flags(
  ...([
    'claims',
    'path',
    'verify',
    'dryRun',
    'check',
    'packed',
    'again',
    'elsewhere',
    'keepDisplaced',
  ] as const),
  ...(['image', 'pullSecrets', 'expectCluster', 'expectNode', 'ownAddresses'] as const),
  ...JOB_FLAGS,
);
type Options = Values<typeof FLAGS> & RunContext;

/** A cold restore, of a directory or of the volumes of claims. */
export const cleanVolumeCommand = clusterCommand({
  name: 'clean-volume',
  summary:
    'Restore volumes from the backup in them while Cassandra is stopped. For volumes on which Cassandra does not start.',
  section: 'Restore:',
  access: 'write',
  withoutCql: true,
  flags: FLAGS,
  examples: [
    'kassette clean-volume server-data-dse-cass-prd-default-sts-0 --namespace cass-operator',
    'kassette clean-volume --datacenter cass-prd --namespace cass-operator --dry-run',
    'kassette clean-volume --datacenter dc2 --namespace k8ssandra --k8ssandra-cluster demo',
    'kassette clean-volume --path /var/lib/cassandra',
  ],
  run: (ports, options) => cleanClaims(ports, coldOptions(options)),
  runOnDirectory,
  render: (result: ColdResult | CleanClaimsResult, _, options) =>
    'volumes' in result ? renderCleanClaims(result) : renderCleanVolume(result, options),
  onlyLooks: ({ dryRun, check }) => dryRun || check,
});

function runOnDirectory(open: OpenVolume, options: Options): Promise<ColdResult> | null {
  const { path, claims, datacenters } = options;
  if (path === undefined ? claims.length + datacenters.length === 0 : claims.length > 0) throw unclear();
  return path === undefined ? null : cleanVolume(open(path), coldOptions(options));
}

function coldOptions(options: Options) {
  const { dryRun, check, expectCluster, expectNode } = options;
  return {
    ...options,
    dryRun: dryRun || check,
    listed: dryRun,
    expected: { cluster: expectCluster, node: expectNode },
  };
}

function unclear(): KassetteError {
  return new KassetteError(
    'USAGE',
    'The command line does not say which volumes to restore.',
    'Name claims, a datacenter for all of its claims (`--datacenter`), or one directory (`--path`).',
  );
}

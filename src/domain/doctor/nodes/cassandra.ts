import { LOG_NAMES } from '../../backup/manifest.ts';
import { whatIsNewer } from '../../cluster/rotated-credentials.ts';
import { knownObstacles } from '../../restore/creatable.ts';
import { createStatements } from '../../restore/restore-plan.ts';
import { unsavedIn } from '../../schema/unsaved.ts';
import type { DoctorFacts } from '../facts.ts';
import { type Finding, known, orElse, problem, unknown, warning } from '../finding.ts';
import type { ClusterFacts, Kept, NodeDirectories } from './facts.ts';

/** What Cassandra itself shows of what a backup or a restore of it would be refused for, or could not hold. */
export function checkCassandra(facts: DoctorFacts): readonly Finding[] {
  return known(facts.cassandra, (clusters) =>
    clusters.flatMap((own) => [
      ...own.refusals.map((f) => problem(f.message, f.hint)),
      ...own.unasked.map((f) => unknown(f.message, f.hint)),
      ...rotated(own, facts),
      ...elsewhere(own.directories),
      ...(own.kept === null ? [] : lostOrRefused(own.kept)),
    ]),
  );
}

/** A restore with Kasten brings the secret back as well: its change of then is none of the password. */
function rotated({ cluster, accepted }: ClusterFacts, { volumes, kasten }: DoctorFacts): readonly Finding[] {
  const backups = orElse(volumes, { backups: [], restoredAt: null }).backups;
  const own = backups.filter((b) => b.complete && b.cluster === cluster).map((b) => b.tag);
  const newer = accepted === null ? null : whatIsNewer(accepted.changedAt, own);
  if (accepted === null || newer?.isSecret !== true) return [];
  if (orElse(kasten.restores, []).some((r) => r.startedAt > newer.madeAt)) return [];
  return [
    warning(
      `Cassandra accepts what ${accepted.called} has, which was last changed at ${accepted.changedAt}, after backup ${newer.tag} in the volumes was made. If the password was changed then, copies of the volumes from before that have the older one.`,
      'Keep the older one as long as there are such copies: after a restore of one, `--superuser-secret NAME` takes name and password from another secret.',
    ),
  ];
}

function elsewhere(directories: readonly NodeDirectories[]): readonly Finding[] {
  const wayOut =
    'Restore such a backup with Cassandra running. For cold restores, leave these directories in spec.config of the datacenter to cass-operator.';
  return directories.flatMap(({ node, system, outside }) => [
    ...(system === null
      ? []
      : [warning(`${node} keeps its system tables in ${system}: no backup can be restored cold.`, wayOut)]),
    ...(outside.length === 0
      ? []
      : [
          warning(
            `${node} keeps its ${outside.map((log) => LOG_NAMES[log]).join(' and ')} outside its volume: no backup can be restored cold.`,
            wayOut,
          ),
        ]),
  ]);
}

function lostOrRefused({ schema, triggers, settings }: Kept): readonly Finding[] {
  const unsaved = unsavedIn(schema, triggers).map((message) =>
    warning(message, 'Keep at hand what makes them, and run what a restore names when it has ended.'),
  );
  const creates = schema.flatMap(createStatements);
  const obstacles = knownObstacles(creates, schema, settings);
  if (obstacles.length === 0) return unsaved;
  const ways = [...new Set(obstacles.flatMap(({ way }) => way ?? []))].join(' and ');
  return [
    ...unsaved,
    warning(
      `The nodes would not create these again: ${obstacles.map(({ object, why }) => `${object}: ${why}`).join('; ')}. A restore that has to recreate one of them is refused (NOT_CREATABLE).`,
      ways === ''
        ? 'Drop what is no longer used.'
        : `Set ${ways} in cassandra.yaml on all nodes (spec.config of the datacenter), or drop what is no longer used.`,
    ),
  ];
}

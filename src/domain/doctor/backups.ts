import { hint, kassette, kubectl } from '../hint.ts';
import { isBound } from './bindings.ts';
import type { DoctorFacts, Restore } from './facts.ts';
import { type Finding, known, orElse, problem, warning } from './finding.ts';
import { backupPolicies } from './policies.ts';
import { roleOfHook } from './roles.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A backup later than this has been missed: the interval and what one run may take. */
const LATEST: Readonly<Record<string, number>> = {
  '@hourly': 2 * HOUR,
  '@daily': DAY + 2 * HOUR,
  '@weekly': 7 * DAY + 2 * HOUR,
  '@monthly': 31 * DAY + 2 * HOUR,
  '@yearly': 366 * DAY + 2 * HOUR,
};

/** How old the last restore point is. */
export function checkAge(facts: DoctorFacts): readonly Finding[] {
  const limit = facts.maxAgeSeconds ?? limitOf(facts);
  // Without a policy there is no backup to expect; on demand it may be of any age, but it has to be there.
  if (limit === null && backupPolicies(facts, orElse(facts.kasten.policies, [])).length === 0) return [];
  const hint = "Look at the policy's last runs in Kasten, and at the events of the CassandraDatacenter.";
  return known(facts.kasten.restorePoints, (made) => {
    const last = made.toSorted().at(-1);
    if (last === undefined) return [problem(`Kasten has no restore point of ${facts.namespace}.`, hint)];
    const age = (facts.now.getTime() - Date.parse(last)) / 1000;
    if (limit === null || age <= limit) return [];
    return [
      problem(
        `The last backup of ${facts.namespace} is of ${last}, ${hours(age)} ago; ${hours(limit)} is too old.`,
        hint,
      ),
    ];
  });
}

function limitOf(facts: DoctorFacts): number | null {
  const limits = backupPolicies(facts, orElse(facts.kasten.policies, [])).map((p) => LATEST[p.frequency]);
  const known = limits.filter((l) => l !== undefined);
  return known.length === 0 ? null : Math.min(...known);
}

/** What runs of kassette have left in the volumes. */
export function checkVolumes({ volumes, namespace }: DoctorFacts): readonly Finding[] {
  return known(volumes, ({ backups, withoutNodes = [], directories = [], faults = [] }) => [
    ...faults.map((f) => problem(f.message, f.hint)),
    ...directories.map(({ node, directory, kind }) =>
      kind === 'outside'
        ? warning(
            `${node} has data in ${directory}, outside its volume: its backups can be restored with Cassandra running, not cold, and need the volumes of all its data directories.`,
            'Check that the policy takes the claims of spec.storageConfig.additionalVolumes as well, and restore all of them from one restore point.',
          )
        : warning(
            `${node} has ${directory}, a directory of a table without its id, as Cassandra made it before 2.1: while such a table is there no backup is made.`,
            "Remove it where the table is gone. Otherwise rename it, with Cassandra stopped, to the table's name, `-`, and its id without hyphens.",
          ),
    ),
    ...withoutNodes.map(({ what, namespace: own = namespace }) =>
      problem(
        `No node was found of a datacenter: ${what}. It cannot be backed up, and its backups cannot be checked.`,
        hint`Look at ${kubectl('get', 'pods', '--show-labels', '--namespace', own)}: cass-operator labels its pods \`cassandra.datastax.com/datacenter\`. A stopped datacenter has none.`,
      ),
    ),
    ...backups.flatMap((b) => {
      if (!b.complete) {
        const message = `Backup ${b.tag} has no complete marker on ${b.missingOn.join(', ')}: a copy of the volumes as they are cannot be restored.`;
        return [
          problem(
            message,
            hint`Run ${kassette('before-backup', '--namespace', namespace)} again: it removes it. Do not keep a restore point made since.`,
          ),
        ];
      }
      if (b.ageSeconds < DAY) return [];
      const message = `Backup ${b.tag} is ${hours(b.ageSeconds)} old and still in the volumes: after-backup has not run.`;
      return [
        warning(
          message,
          hint`Check the \`onSuccess\` hook of the policy. If the backup came with a restore, run ${kassette('after-restore', '--namespace', namespace)}.`,
        ),
      ];
    }),
  ]);
}

/** Whether the last restore was made exact by after-restore. */
export function checkRestores(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.restores, (restores) =>
    known(facts.kasten.blueprints, (blueprints) => {
      const done = restores.filter((r) => r.state === 'Complete');
      const last = done.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1)).at(-1);
      if (last === undefined || isBound(facts) || wasFinished(last, facts)) return [];
      const found = roleOfHook(last.hooks.onSuccess, blueprints);
      return 'role' in found && found.role === 'after-restore' ? [] : [withoutHooks(last, facts.namespace)];
    }),
  );
}

/** By its hook or by hand. */
function wasFinished({ startedAt }: Restore, { volumes }: DoctorFacts): boolean {
  const at = 'value' in volumes ? volumes.value.restoredAt : null;
  return at !== null && at > startedAt;
}

function withoutHooks({ name, startedAt }: Restore, namespace: string): Finding {
  return problem(
    `Restore ${name} of ${startedAt} ran without after-restore: the data are of no single moment, on each node of another one.`,
    hint`Stop the writers and run ${kassette('after-restore', '--namespace', namespace)} before the next backup. In future restore with what ${kassette('policy', '--namespace', namespace, '--restore-point', 'NAME')} prints.`,
  );
}

const hours = (seconds: number) =>
  seconds < 2 * DAY ? `${Math.round(seconds / HOUR)} h` : `${Math.round(seconds / DAY)} d`;

import { applied, hint, kassette } from '../hint.ts';
import { isBound } from './bindings.ts';
import type { Blueprint, DoctorFacts, Policy, PolicyAction, SetUp } from './facts.ts';
import { leftOut, type Type } from './filters.ts';
import { type Finding, known, problem, warning } from './finding.ts';
import { allHooks, isForFailure, type Role, roleOfHook } from './roles.ts';
import { covers } from './selection.ts';

const STATEFUL_SETS: Type = { group: 'apps', resource: 'statefulsets' };

/** What a restore cannot do without. */
const NEEDED: readonly (readonly [Type, string])[] = [
  [{ group: '', resource: 'persistentvolumeclaims' }, 'the volumes, so there is nothing to restore from'],
  [{ group: 'cassandra.datastax.com', resource: 'cassandradatacenters' }, 'the CassandraDatacenters'],
  [{ group: '', resource: 'secrets' }, 'the secrets, and with them the password of the superuser'],
];

/** The backup policies of the namespace. */
export function backupPolicies({ namespace }: SetUp, policies: readonly Policy[]): readonly Policy[] {
  return policies.filter((p) => covers(p, namespace) === true && backupOf(p) !== undefined);
}

export function checkPolicies(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) => {
    const own = backupPolicies(facts, policies);
    if (own.length > 0) return own.flatMap((p) => checkPolicy(p, facts.namespace));
    const perhaps = policies.filter((p) => covers(p, facts.namespace) === null).map((p) => p.name);
    if (perhaps.length === 0) return [noPolicy(facts.namespace)];
    const message = `Whether ${perhaps.join(', ')} is for namespace ${facts.namespace} depends on labels that doctor does not read.`;
    return [
      {
        level: 'unknown',
        message,
        hint: hint`Select by \`k10.kasten.io/appNamespace\`, as ${printed(facts.namespace)} does.`,
      },
    ];
  });
}

function checkPolicy(policy: Policy, namespace: string): readonly Finding[] {
  const paused = problem(`Policy ${policy.name} is paused.`, 'Resume it in Kasten (`spec.paused`).');
  const noExport = warning(
    `Policy ${policy.name} exports nothing: its backups are lost with the cluster's storage.`,
    hint`Add an export, as ${printed(namespace)} prints it.`,
  );
  const exported = policy.actions.some((a) => a.action === 'export');
  return [...(policy.paused ? [paused] : []), ...(exported ? [] : [noExport])];
}

/** The hooks of every backup policy, or that there are none together with a bound blueprint. */
export function checkHooks(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) =>
    known(facts.kasten.blueprints, (blueprints) => {
      const own = backupPolicies(facts, policies);
      const each = (p: Policy) =>
        isBound(facts) ? besideBound(p, blueprints) : checkOwnHooks(p, blueprints, facts.namespace);
      return [...own.flatMap(each), ...overlapping(facts, own, blueprints)];
    }),
  );
}

/** While the backup of one is open, the others' before-backup is refused. */
function overlapping(
  facts: DoctorFacts,
  policies: readonly Policy[],
  blueprints: readonly Blueprint[],
): readonly Finding[] {
  const runsKassette = ({ actions }: Policy) =>
    isBound(facts) ||
    actions.flatMap((a) => allHooks(a.hooks)).some((h) => 'role' in roleOfHook(h, blueprints));
  const names = policies.filter((p) => !p.paused && runsKassette(p)).map((p) => p.name);
  if (names.length < 2) return [];
  return [
    warning(
      `Policies ${names.join(', ')} all run kassette's hooks in namespace ${facts.namespace}: while the backup of one is open, that of another is refused (BACKUP_OPEN), and its run fails.`,
      'Keep one of them, with a retention for every purpose, or give them times that never overlap.',
    ),
  ];
}

function checkOwnHooks(
  policy: Policy,
  blueprints: readonly Blueprint[],
  namespace: string,
): readonly Finding[] {
  const { preHook, onSuccess, onFailure } = (backupOf(policy) as PolicyAction).hooks;
  const findings = (where: string, hook: typeof preHook, role: Role, so: string) => {
    const found = roleOfHook(hook, blueprints);
    if ('role' in found && found.role === role) return [];
    const what = 'role' in found ? `runs ${found.role}` : found.wrong;
    return [`Policy ${policy.name}: the backup's ${where} ${what}; it has to run ${role}, ${so}.`];
  };
  const wayOut = hint`Name the actions of blueprint cassandra-bp, as ${printed(namespace)} prints them.`;
  return [
    ...findings('preHook', preHook, 'before-backup', 'or its volumes hold no backup').map((m) =>
      problem(m, wayOut),
    ),
    ...findings('onSuccess', onSuccess, 'after-backup', 'or snapshots stay and fill the volumes').map((m) =>
      problem(m, wayOut),
    ),
    ...findings('onFailure', onFailure, 'after-backup', 'or a failed run leaves its snapshots behind').map(
      (m) => warning(m, wayOut),
    ),
    ...closing(policy, blueprints),
    ...misplaced(policy, blueprints),
  ];
}

/** The two ways of after-backup, exchanged: a run that succeeded must close its backup, one that failed must not close another's. */
function closing({ name, actions }: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  const { onSuccess, onFailure } = actions.find((a) => a.action === 'backup')?.hooks ?? {};
  const runs = (hook: typeof onSuccess) => {
    const found = roleOfHook(hook, blueprints);
    return 'role' in found && found.role === 'after-backup';
  };
  const wayOut = hint`Install the blueprints again with ${applied(kassette('manifests'))}, and name the actions \`afterBackup\` and \`backupFailed\`.`;
  const failed = `Policy ${name}: the backup's onFailure runs after-backup without --failed: it closes the backup of another run, whose volumes are being copied.`;
  const succeeded = `Policy ${name}: the backup's onSuccess runs after-backup --failed: nothing checks whether the backup was whole until the volumes were copied.`;
  return [
    ...(runs(onFailure) && !isForFailure(onFailure, blueprints) ? [problem(failed, wayOut)] : []),
    ...(runs(onSuccess) && isForFailure(onSuccess, blueprints) ? [problem(succeeded, wayOut)] : []),
  ];
}

/** Hooks of kassette where Kasten runs them at a time at which they do harm. */
function misplaced(policy: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  return policy.actions
    .filter((a) => a.action !== 'backup')
    .flatMap((a) =>
      Object.entries(a.hooks).flatMap(([where, hook]) => {
        const found = hook === undefined ? { wrong: '' } : roleOfHook(hook, blueprints);
        if (!('role' in found)) return [];
        const message = `Policy ${policy.name}: ${found.role} is ${where} of the ${a.action}, when the volumes are copied already.`;
        return [problem(message, 'Move it to the backup action (`backupParameters.hooks`).')];
      }),
    );
}

function besideBound(policy: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  const hooks = Object.values((backupOf(policy) as PolicyAction).hooks);
  if (!hooks.some((h) => h !== undefined && 'role' in roleOfHook(h, blueprints))) return [];
  return [
    problem(
      `Policy ${policy.name} has hooks that run kassette, and so has the blueprint that is bound to the datacenters.`,
      hint`Keep one of them: ${kassette('manifests', '--mode', 'hooks')} or ${kassette('manifests', '--mode', 'datacenter')}.`,
    ),
  ];
}

/** What the backup policies leave out. */
export function checkFilters(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) =>
    backupPolicies(facts, policies).flatMap((p) => checkPolicyFilters(p, facts)),
  );
}

function checkPolicyFilters(policy: Policy, facts: DoctorFacts): readonly Finding[] {
  const { filters } = backupOf(policy) as PolicyAction;
  const needed = NEEDED.flatMap(([type, what]) => {
    const out = leftOut(filters, type);
    const message = `Policy ${policy.name} leaves out ${out === 'some' ? 'some of ' : ''}${what}.`;
    return out === 'none' ? [] : [problem(message, `Take ${type.resource} into the backup.`)];
  });
  return [...needed, ...statefulSets(policy, leftOut(filters, STATEFUL_SETS), facts)];
}

function statefulSets(
  { name }: Policy,
  out: 'all' | 'some' | 'none',
  facts: DoctorFacts,
): readonly Finding[] {
  const bound = isBound(facts);
  if (bound && out !== 'none') {
    const message = `Policy ${name} excludes StatefulSets: Kasten then finds no workload and never runs the bound blueprint's hooks.`;
    return [problem(message, 'Exclude them in the restore instead.')];
  }
  if (bound || out === 'all') return [];
  const message = `Policy ${name} does not exclude StatefulSets: restored ones obstruct cass-operator.`;
  return [
    problem(
      message,
      hint`Exclude \`{group: apps, resource: statefulsets}\`, as ${printed(facts.namespace)} prints it.`,
    ),
  ];
}

function backupOf(policy: Policy): PolicyAction | undefined {
  return policy.actions.find((a) => a.action === 'backup');
}

/** The command that prints a policy with all that kassette needs. */
const printed = (namespace: string) => kassette('policy', '--namespace', namespace);

function noPolicy(namespace: string): Finding {
  return problem(
    `No policy of Kasten backs up namespace ${namespace}.`,
    hint`Create one: ${applied(kassette('policy', '--namespace', namespace, '--profile', 'PROFILE'))}.`,
  );
}

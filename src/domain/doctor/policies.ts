import { isBound } from './bindings.ts';
import type { Blueprint, DoctorFacts, Policy, PolicyAction } from './facts.ts';
import { leftOut, type Type } from './filters.ts';
import { type Finding, known, problem, warning } from './finding.ts';
import { type Role, roleOfHook } from './roles.ts';
import { covers } from './selection.ts';

const STATEFUL_SETS: Type = { group: 'apps', resource: 'statefulsets' };

/** What a restore cannot do without. */
const NEEDED: readonly (readonly [Type, string])[] = [
  [{ group: '', resource: 'persistentvolumeclaims' }, 'the volumes, so there is nothing to restore from'],
  [{ group: 'cassandra.datastax.com', resource: 'cassandradatacenters' }, 'the CassandraDatacenters'],
  [{ group: '', resource: 'secrets' }, 'the secrets, and with them the password of the superuser'],
];

/** The backup policies of the namespace. */
export function backupPolicies({ namespace }: DoctorFacts, policies: readonly Policy[]): readonly Policy[] {
  return policies.filter((p) => covers(p, namespace) === true && backupOf(p) !== undefined);
}

export function checkPolicies(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) => {
    const own = backupPolicies(facts, policies);
    if (own.length > 0) return own.flatMap(checkPolicy);
    const perhaps = policies.filter((p) => covers(p, facts.namespace) === null).map((p) => p.name);
    if (perhaps.length === 0) return [noPolicy(facts.namespace)];
    const message = `Whether ${perhaps.join(', ')} is for namespace ${facts.namespace} depends on labels that doctor does not read.`;
    return [
      { level: 'unknown', message, hint: 'Select by k10.kasten.io/appNamespace, as «kassette policy» does.' },
    ];
  });
}

function checkPolicy(policy: Policy): readonly Finding[] {
  const paused = problem(`Policy ${policy.name} is paused.`, 'Resume it in Kasten (spec.paused).');
  const noExport = warning(
    `Policy ${policy.name} exports nothing: its backups are lost with the cluster's storage.`,
    'Add an export, as «kassette policy» prints it.',
  );
  const exported = policy.actions.some((a) => a.action === 'export');
  return [...(policy.paused ? [paused] : []), ...(exported ? [] : [noExport])];
}

/** The hooks of every backup policy, or that there are none beside a bound blueprint. */
export function checkHooks(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) =>
    known(facts.kasten.blueprints, (blueprints) =>
      backupPolicies(facts, policies).flatMap((p) =>
        isBound(facts) ? besideBound(p, blueprints) : checkOwnHooks(p, blueprints),
      ),
    ),
  );
}

function checkOwnHooks(policy: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  const { preHook, onSuccess, onFailure } = (backupOf(policy) as PolicyAction).hooks;
  const told = (where: string, hook: typeof preHook, role: Role, so: string) => {
    const found = roleOfHook(hook, blueprints);
    if ('role' in found && found.role === role) return [];
    const what = 'role' in found ? `runs ${found.role}` : found.wrong;
    return [`Policy ${policy.name}: the backup's ${where} ${what}; it has to run ${role}, ${so}.`];
  };
  const hint = 'Name the actions of blueprint cassandra-bp, as «kassette policy» prints them.';
  return [
    ...told('preHook', preHook, 'before-backup', 'or its volumes hold no backup').map((m) =>
      problem(m, hint),
    ),
    ...told('onSuccess', onSuccess, 'after-backup', 'or snapshots stay and fill the volumes').map((m) =>
      problem(m, hint),
    ),
    ...told('onFailure', onFailure, 'after-backup', 'or a failed run leaves its snapshots behind').map((m) =>
      warning(m, hint),
    ),
    ...misplaced(policy, blueprints),
  ];
}

/** Hooks of ours where Kasten runs them at a time at which they do harm. */
function misplaced(policy: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  return policy.actions
    .filter((a) => a.action !== 'backup')
    .flatMap((a) =>
      Object.entries(a.hooks).flatMap(([where, hook]) => {
        const found = hook === undefined ? { wrong: '' } : roleOfHook(hook, blueprints);
        if (!('role' in found)) return [];
        const message = `Policy ${policy.name}: ${found.role} is ${where} of the ${a.action}, when the volumes are copied already.`;
        return [problem(message, 'Move it to the backup action (backupParameters.hooks).')];
      }),
    );
}

function besideBound(policy: Policy, blueprints: readonly Blueprint[]): readonly Finding[] {
  const hooks = Object.values((backupOf(policy) as PolicyAction).hooks);
  if (!hooks.some((h) => h !== undefined && 'role' in roleOfHook(h, blueprints))) return [];
  return [
    problem(
      `Policy ${policy.name} has hooks that run kassette, and so has the blueprint that is bound to the datacenters.`,
      'Keep one of them: «kassette manifests --mode hooks» or «--mode datacenter».',
    ),
  ];
}

/** What the backup policies leave out. */
export function checkFilters(facts: DoctorFacts): readonly Finding[] {
  return known(facts.kasten.policies, (policies) =>
    backupPolicies(facts, policies).flatMap((p) => checkPolicyFilters(p, isBound(facts))),
  );
}

function checkPolicyFilters(policy: Policy, bound: boolean): readonly Finding[] {
  const { filters } = backupOf(policy) as PolicyAction;
  const needed = NEEDED.flatMap(([type, what]) => {
    const out = leftOut(filters, type);
    const message = `Policy ${policy.name} leaves out ${out === 'some' ? 'some of ' : ''}${what}.`;
    return out === 'none' ? [] : [problem(message, `Take ${type.resource} into the backup.`)];
  });
  return [...needed, ...statefulSets(policy, leftOut(filters, STATEFUL_SETS), bound)];
}

function statefulSets({ name }: Policy, out: 'all' | 'some' | 'none', bound: boolean): readonly Finding[] {
  if (bound && out !== 'none') {
    const message = `Policy ${name} excludes StatefulSets: Kasten then finds no workload and never runs the bound blueprint's hooks.`;
    return [problem(message, 'Exclude them in the restore instead.')];
  }
  if (bound || out === 'all') return [];
  const message = `Policy ${name} does not exclude StatefulSets: restored ones stand in cass-operator's way.`;
  return [problem(message, 'Exclude {group: apps, resource: statefulsets}, as «kassette policy» prints it.')];
}

function backupOf(policy: Policy): PolicyAction | undefined {
  return policy.actions.find((a) => a.action === 'backup');
}

function noPolicy(namespace: string): Finding {
  return problem(
    `No policy of Kasten backs up namespace ${namespace}.`,
    `Make one: kassette policy --namespace ${namespace} --profile PROFILE | kubectl apply -f -`,
  );
}

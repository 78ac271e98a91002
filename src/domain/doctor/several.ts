import { applied, type CommandLine, type Hint, hint, kassette, mapCommands } from '../hint.ts';
import type { K8ssandraName } from '../k8ssandra/members.ts';
import type { Check } from './diagnose.ts';
import type { Blueprint, Hook, KastenFacts, Policy } from './facts.ts';
import { type Finding, known, problem } from './finding.ts';
import { allHooks, roleOfHook } from './roles.ts';
import { covers } from './selection.ts';

/** A check; `namespace` where there are several and it is about one. */
export type NamespaceCheck = Check & { readonly namespace?: string };

export interface ExaminedNamespace {
  readonly namespace: string;
  readonly checks: readonly Check[];
  readonly kasten: Pick<KastenFacts, 'policies' | 'blueprints'>;
}

/** What looks at all nodes, and finds the same from each namespace. */
const OF_ALL: readonly string[] = ['volumes', 'cassandra', 'archiving'];

/**
 * What was found for each namespace of one cluster as one list; of one namespace as it is.
 * @param cluster whose datacenters are in them; undefined where that is none
 */
export function together(
  examined: readonly ExaminedNamespace[],
  cluster: K8ssandraName | undefined,
): readonly NamespaceCheck[] {
  const [first] = examined;
  if (first === undefined || cluster === undefined) return first?.checks ?? [];
  const whole = ({ check, findings }: Check): Check => ({
    check,
    findings: findings.map((f) => ofWhole(f, cluster)),
  });
  if (examined.length === 1) return first.checks.map(whole);
  const own = examined.flatMap(({ namespace, checks }) =>
    checks.filter((c) => !OF_ALL.includes(c.check)).map((c) => ({ ...whole(c), namespace })),
  );
  const ofAll = first.checks.filter((c) => OF_ALL.includes(c.check)).map(whole);
  const names = examined.map((e) => e.namespace);
  return [...own, ...ofAll, { check: 'namespaces', findings: checkTogether(names, cluster, first.kasten) }];
}

/**
 * What is for one of the namespaces would be half of it, and is refused: the way out is what is for all of them, in the namespace of the object.
 * Only `archive` is about one datacenter, in that of it.
 */
function ofWhole(finding: Finding, cluster: K8ssandraName): Finding {
  const whole = (line: CommandLine): CommandLine => {
    const [program, command = '', ...rest] = line.words;
    if (program !== 'kassette' || command === 'archive') return line;
    if (command === 'manifests') return { ...line, words: [...printedHooks(cluster).words, ...rest] };
    const at = rest.indexOf('--namespace');
    if (at < 0) return line;
    const others = rest.toSpliced(at, 2);
    const one = command === 'policy' ? restoredOf(rest[at + 1] ?? '', others, cluster) : [];
    const place = ['--namespace', cluster.namespace, '--k8ssandra-cluster', cluster.name];
    return { ...line, words: [program, command, ...place, ...one, ...others] };
  };
  return { ...finding, hint: mapCommands(finding.hint, whole) };
}

/** A restore is of one namespace, which has to be said where it is not that of the object. */
function restoredOf(namespace: string, words: readonly string[], cluster: K8ssandraName): readonly string[] {
  const isOther = words.includes('--restore-point') && namespace !== cluster.namespace;
  return isOther ? ['--for-namespace', namespace] : [];
}

const printedPolicy = ({ namespace, name }: K8ssandraName) =>
  kassette('policy', '--namespace', namespace, '--k8ssandra-cluster', name);

const printedHooks = ({ namespace, name }: K8ssandraName) =>
  kassette('manifests', '--datacenter-namespace', namespace, '--k8ssandra-cluster', name);

/** One policy has to be for all namespaces, and its hooks have to say which one they are called for: then they join one backup. */
function checkTogether(
  names: readonly string[],
  cluster: K8ssandraName,
  { policies, blueprints }: ExaminedNamespace['kasten'],
): readonly Finding[] {
  return known(policies, (all) =>
    known(blueprints, (made) =>
      all
        .filter((p) => names.some((n) => covers(p, n) === true))
        .flatMap((p) => checkPolicy(p, cluster, names, made)),
    ),
  );
}

/** Those of the backup that run kassette. */
function hooksOf({ actions }: Policy, blueprints: readonly Blueprint[]): readonly Hook[] {
  return actions
    .filter((a) => a.action === 'backup')
    .flatMap((a) => allHooks(a.hooks))
    .filter((h) => 'role' in roleOfHook(h, blueprints));
}

function checkPolicy(
  policy: Policy,
  cluster: K8ssandraName,
  names: readonly string[],
  blueprints: readonly Blueprint[],
): readonly Finding[] {
  const hooks = hooksOf(policy, blueprints);
  if (hooks.length === 0) return [];
  const missing = names.filter((n) => covers(policy, n) !== true);
  const wayOut: Hint = hint`Have one policy for all of them: ${printedPolicy(cluster)} prints it.`;
  const part = `Policy ${policy.name} does not select ${missing.join(', ')}, where other datacenters of this ring are: its backups stay open, and nothing can restore a part of the ring.`;
  const alone = hooks.filter((h) => !isShared(h, blueprints)).map((h) => h.actionName);
  const refused = `Policy ${policy.name}: ${[...new Set(alone)].join(', ')} of blueprint ${hooks[0]?.blueprint} is for one namespace alone, and refuses a part of a ring (PARTIAL_CLUSTER): Kasten makes no backup of this one.`;
  const withHooks: Hint = hint`Install the hooks of the K8ssandraCluster with ${applied(printedHooks(cluster))}, and have the policy name them, as ${printedPolicy(cluster)} prints it.`;
  return [
    ...(missing.length === 0 ? [] : [problem(part, wayOut)]),
    ...(alone.length === 0 ? [] : [problem(refused, withHooks)]),
  ];
}

function isShared({ blueprint, actionName }: Hook, blueprints: readonly Blueprint[]): boolean {
  const phases = blueprints.find((b) => b.name === blueprint)?.actions[actionName] ?? [];
  return phases.some((p) => p.command.some((word) => /(^|\s)--for-namespace(\s|=|$)/.test(word)));
}

import { applied, hint, kassette } from '../hint.ts';
import type { Binding, Blueprint, BoundDatacenter, DoctorFacts, SetUp } from './facts.ts';
import { type Finding, known, orElse, problem } from './finding.ts';
import { isDatacenterBlueprint } from './roles.ts';
import { matches } from './selection.ts';

const ANNOTATION = 'kanister.kasten.io/blueprint';
const BUILTIN = /^k10-k8ssandra-bp-/;

/** Per datacenter: whether its blueprint is one that leaves the volumes to Kasten or runs kassette. */
export function checkBindings(facts: DoctorFacts): readonly Finding[] {
  const { bindings, blueprints, datacenters } = facts.kasten;
  return known(datacenters, (all) =>
    known(bindings, (bound) =>
      known(blueprints, (made) => all.flatMap((d) => checkOne(facts, d, bound, made))),
    ),
  );
}

function checkOne(
  { namespace, kastenNamespace }: DoctorFacts,
  datacenter: BoundDatacenter,
  bindings: readonly Binding[],
  blueprints: readonly Blueprint[],
): readonly Finding[] {
  const [binding, ...later] = matching(bindings, datacenter, namespace);
  const name = binding?.blueprint ?? datacenter.annotations[ANNOTATION];
  const blueprint = blueprints.find((b) => b.name === name);
  if (name === undefined) return [notOverridden(datacenter.name, blueprints)];
  if (blueprint === undefined) {
    const wayOut = hint`Create it in ${kastenNamespace} with ${applied(kassette('manifests'))}, or remove what names it.`;
    return [
      problem(
        `Blueprint ${name} of datacenter ${datacenter.name} does not exist in ${kastenNamespace}.`,
        wayOut,
      ),
    ];
  }
  if (isHarmless(blueprint)) return [];
  const shadowed = later.find((b) => isHarmless(blueprints.find((p) => p.name === b.blueprint)));
  if (binding !== undefined && shadowed !== undefined) {
    return [
      problem(
        `Binding ${binding.name} is older than ${shadowed.name} and matches datacenter ${datacenter.name}, so Kasten takes its blueprint ${name}.`,
        'Of several bindings that match, Kasten takes the oldest one. Remove it, or let it exclude CassandraDatacenters.',
      ),
    ];
  }
  return [foreign(datacenter.name, name)];
}

/** Oldest first: that one counts. */
function matching(bindings: readonly Binding[], datacenter: BoundDatacenter, namespace: string) {
  return bindings
    .filter((b) => matches(b, datacenter, namespace))
    .toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

/** The blueprint that Kasten takes for a datacenter; undefined for its built-in one, or what cannot be known. */
export function blueprintOf(facts: SetUp, datacenter: BoundDatacenter): Blueprint | undefined {
  const [binding] = matching(orElse(facts.kasten.bindings, []), datacenter, facts.namespace);
  const name = binding?.blueprint ?? datacenter.annotations[ANNOTATION];
  return orElse(facts.kasten.blueprints, []).find((b) => b.name === name);
}

/** Whether Kasten runs kassette by a blueprint that is bound to the datacenters, instead of by hooks. */
export function isBound(facts: DoctorFacts): boolean {
  return orElse(facts.kasten.datacenters, []).some((d) => {
    const blueprint = blueprintOf(facts, d);
    return blueprint !== undefined && isDatacenterBlueprint(blueprint);
  });
}

/** One that neither moves data nor quiesces in another way than kassette's. */
function isHarmless(blueprint: Blueprint | undefined): boolean {
  if (blueprint === undefined) return false;
  if (isDatacenterBlueprint(blueprint)) return true;
  const phases = Object.values(blueprint.actions).flat();
  const own = ['backupPrehook', 'backupPosthook', 'restorePosthook'].some((a) => a in blueprint.actions);
  return (
    !own &&
    phases.every((p) => p.func === 'KubeTask' && !/medusa|kando|nodetool|cqlsh/i.test(p.command.join(' ')))
  );
}

function notOverridden(datacenter: string, blueprints: readonly Blueprint[]): Finding {
  const builtin = blueprints.find((b) => BUILTIN.test(b.name))?.name ?? 'k10-k8ssandra-bp-…';
  return problem(
    `No binding matches datacenter ${datacenter}, so Kasten takes its built-in blueprint ${builtin}, which calls for Medusa.`,
    hint`Run ${applied(kassette('manifests'))}, or apply deploy/k10-k8ssandra-bp-*-binding.yaml with its blueprint.`,
  );
}

function foreign(datacenter: string, name: string): Finding {
  return problem(
    `Blueprint ${name} of datacenter ${datacenter} backs it up in a way of its own, so its volumes are not what kassette prepared.`,
    hint`Bind a blueprint that ${kassette('manifests')} prints instead.`,
  );
}

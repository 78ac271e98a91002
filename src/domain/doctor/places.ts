import { applied, hint, kassette, kubectl } from '../hint.ts';
import { nameOfRight } from '../rights.ts';
import { blueprintOf } from './bindings.ts';
import type { DoctorFacts, Phase, Place, SetUp } from './facts.ts';
import { type Finding, known, orElse, problem, unknown, warning } from './finding.ts';
import { backupPolicies } from './policies.ts';
import { allHooks, roleOf } from './roles.ts';

/** Where the hooks' pods run: those of the policies and of bound blueprints. */
export function placesOf(facts: SetUp): readonly Place[] {
  const blueprints = orElse(facts.kasten.blueprints, []);
  const hooked = backupPolicies(facts, orElse(facts.kasten.policies, []))
    .flatMap((p) => p.actions.flatMap((a) => allHooks(a.hooks)))
    .map((h) => blueprints.find((b) => b.name === h.blueprint));
  const bound = orElse(facts.kasten.datacenters, []).map((d) => blueprintOf(facts, d));
  const actions = [...hooked, ...bound].flatMap((b) => Object.values(b?.actions ?? {}));
  const places = actions
    .filter((phases) => roleOf(phases) !== null)
    .flatMap((phases) => phases.map((p) => placeOf(p, facts.kastenNamespace)));
  return [...new Map(places.map((p) => [JSON.stringify(p), p])).values()];
}

function placeOf({ namespace, serviceAccount, image, resources }: Phase, kastenNamespace: string): Place {
  return { namespace: namespace ?? kastenNamespace, serviceAccount, image, resources };
}

export function checkRights({ places, namespace }: DoctorFacts): readonly Finding[] {
  return places.flatMap(({ place, account, missing }) => {
    const { serviceAccount, namespace: own } = place;
    if (serviceAccount === null) {
      const message = `Hooks run in ${own} without a service account of their own, with Kasten's rights or none.`;
      return [warning(message, hint`Use the blueprints that ${kassette('manifests')} prints.`)];
    }
    const wayOut = hint`Apply what ${kassette('manifests')} prints, with the same options as before.`;
    const rbac = kassette('rbac', '--namespace', namespace, '--service-account', `${own}/${serviceAccount}`);
    const granting = hint`Grant it: ${applied(rbac)}. Where Helm installed kassette, name secrets in its value \`secrets\` as well.`;
    const called = `Service account ${own}/${serviceAccount}`;
    return [
      ...known(account, (there) => (there ? [] : [problem(`${called} does not exist.`, wayOut)])),
      ...known(missing, (rights) =>
        rights.map((r) => problem(`${called} may not \`${nameOfRight(r)}\` in ${namespace}.`, granting)),
      ),
    ];
  });
}

/** That it was pulled is known of a pod that has it, or of a backup, whose hooks ran with it. */
export function checkImages({ places, kasten }: DoctorFacts): readonly Finding[] {
  const wayOut = hint`Push the image to a registry that the nodes can reach, and name it: ${kassette('manifests', '--image', 'IMAGE')}.`;
  const hasRun = orElse(kasten.restorePoints, []).length > 0;
  return places.flatMap(({ place, image }) =>
    known(image, ({ failures: [failure], pulled }) => {
      const called = `${place.image} in ${place.namespace}`;
      if (failure !== undefined)
        return [problem(`Image ${place.image} cannot be pulled in ${place.namespace}: ${failure}`, wayOut)];
      if (pulled || hasRun) return [];
      return [
        unknown(
          `Whether the nodes can pull image ${called} is not known: no pod with it was seen, and no backup was made yet.`,
          hint`Try it: ${kubectl('run', 'kassette-image', '--namespace', place.namespace, '--image', place.image, '--restart', 'Never', '--', '--version')}.`,
        ),
      ];
    }),
  );
}

import { hint, kubectl } from '../../hint.ts';
import { isForLater, type Refusal, refusalOf, wayOut } from '../../jobs/refusal.ts';
import { type JobSettings, settingsOf } from '../../jobs/settings.ts';
import type { Admission, DoctorFacts } from '../facts.ts';
import { type Finding, known, orElse, problem, unknown, warning } from '../finding.ts';
import { roleOf } from '../roles.ts';

/** What the hook that may restore cold asks of its Jobs, by its command line. */
export function jobSettings(facts: Pick<DoctorFacts, 'kasten'>): JobSettings {
  const actions = orElse(facts.kasten.blueprints, []).flatMap((b) => Object.values(b.actions));
  const restoring = actions.find((phases) => roleOf(phases) === 'after-restore') ?? [];
  return settingsOf(restoring.flatMap((p) => p.command));
}

/** Whether the pods of hooks and Jobs would be admitted where they are to run, and what would be put into them. */
export function checkJobs({ places, surroundings, namespace }: DoctorFacts): readonly Finding[] {
  const hooks = places.flatMap(({ place, admission }) =>
    known(admission, (a) => [
      ...refused(a, `A hook's pod is not admitted in ${place.namespace}`),
      ...neverEnds(a, place.namespace),
    ]),
  );
  const jobs = known(surroundings.jobs, (all) =>
    all.flatMap((a) => refused(a, `A Job of a cold restore is not admitted in ${namespace}`)),
  );
  return [...hooks, ...jobs];
}

function refused({ refused: words, user }: Admission, what: string): readonly Finding[] {
  if (words === null) return [];
  const refusal = refusalOf(words) ?? ({ kind: 'other', words, exceeded: [] } satisfies Refusal);
  const message = `${what}: ${refusal.words}`;
  if (/does not support dry run/.test(words)) {
    return [
      unknown(
        `Whether pods are admitted cannot be asked: ${words}`,
        'Run a backup and a `kassette recover` once.',
      ),
    ];
  }
  // It may be Cassandra that uses it, which is stopped then.
  return isForLater(refusal)
    ? [warning(`${message} (now)`, wayOut(refusal, user))]
    : [problem(message, wayOut(refusal, user))];
}

/** kassette's own Jobs end with their own container; of a hook Kanister waits for the whole pod. */
function neverEnds({ beside }: Admission, namespace: string): readonly Finding[] {
  if (beside.length === 0) return [];
  return [
    problem(
      `Pods of hooks in ${namespace} get ${beside.join(', ')} beside their own container. Kanister waits until the whole pod has ended, and so a hook lasts until its time limit, and fails.`,
      hint`Keep proxies out of that namespace: ${kubectl('label', 'namespace', namespace, 'istio-injection=disabled', '--overwrite')} for Istio, ${kubectl('annotate', 'namespace', namespace, 'linkerd.io/inject=disabled', '--overwrite')} for Linkerd. Or use sidecars of Kubernetes (Istio: \`ENABLE_NATIVE_SIDECARS\`; Linkerd: \`config.alpha.linkerd.io/proxy-enable-native-sidecar\`), which end with it.`,
    ),
  ];
}

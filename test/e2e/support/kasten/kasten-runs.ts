import { z } from 'zod';
import type { Bed } from '../../bed/bed.ts';
import {
  type ActionOptions,
  type ActionRun,
  datacenterSubject,
  namespaceSubject,
  runAction,
} from './blueprint-runner.ts';
import { KASTEN } from './kasten-kinds.ts';
import { ControllerDied } from './kube-task-pod.ts';

/*
 * The order in which Kasten runs hooks, blueprints and its own work, by its documentation; its own work, the copies of the
 * volumes, is given by the test.
 */
const hook = z.object({ blueprint: z.string(), actionName: z.string() });
const hooks = z.object({ preHook: hook.optional(), onSuccess: hook.optional(), onFailure: hook.optional() });

const policy = z.object({
  spec: z.object({
    selector: z.object({ matchExpressions: z.array(z.object({ values: z.array(z.string()) })) }),
    actions: z.array(
      z.object({ action: z.string(), backupParameters: z.object({ hooks: hooks.default({}) }).optional() }),
    ),
  }),
});

const restoreAction = z.object({ spec: z.object({ targetNamespace: z.string(), hooks: hooks.default({}) }) });

export interface KastenRun {
  readonly before: ActionRun | undefined;
  readonly after: ActionRun | undefined;
}

/** A policy's backup of its one namespace. @throws what failed, after onFailure */
export async function runBackup(
  bed: Bed,
  policyName: string,
  copy: () => Promise<void>,
  options: ActionOptions = {},
): Promise<KastenRun> {
  const [run] = await runBackups(bed, policyName, copy, options);
  if (run === undefined) throw new Error(`Policy ${policyName} selects no namespace`);
  return run;
}

/** A policy's backup of all its namespaces, at the same time. @throws the first that failed, when all have ended */
export async function runBackups(
  bed: Bed,
  policyName: string,
  copy: (namespace: string) => Promise<void>,
  options: ActionOptions = {},
): Promise<readonly KastenRun[]> {
  const text = await bed.kubectl(['--namespace', KASTEN, 'get', 'policies', policyName, '-o', 'json']);
  const { spec } = policy.parse(JSON.parse(text));
  const namespaces = spec.selector.matchExpressions.flatMap((e) => e.values);
  const backup = spec.actions.find((a) => a.action === 'backup');
  const given = backup?.backupParameters?.hooks ?? {};
  const runs = namespaces.map((n) => aroundWork(bed, n, given, () => copy(n), options));
  const ended = await Promise.allSettled(runs);
  return ended.map((end) => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  });
}

/** A RestoreAction that is in the cluster; its state says how it ended. */
export async function runRestore(bed: Bed, name: string, namespace: string, restore: () => Promise<void>) {
  const kubectl = (...args: readonly string[]) => bed.kubectl(['--namespace', namespace, ...args]);
  const { spec } = restoreAction.parse(
    JSON.parse(await kubectl('get', 'restoreactions', name, '-o', 'json')),
  );
  const tell = (state: string) =>
    kubectl(
      'patch',
      'restoreactions',
      name,
      '--type=merge',
      '--patch',
      JSON.stringify({ status: { state } }),
    );
  try {
    const run = await aroundWork(bed, spec.targetNamespace, spec.hooks, restore);
    await tell('Complete');
    return run;
  } catch (error) {
    await tell('Failed');
    throw error;
  }
}

async function aroundWork(
  bed: Bed,
  namespace: string,
  { preHook, onSuccess, onFailure }: z.infer<typeof hooks>,
  work: () => Promise<void>,
  options: ActionOptions = {},
): Promise<KastenRun> {
  const run = async (h: z.infer<typeof hook> | undefined) =>
    h === undefined
      ? undefined
      : runAction(bed, h.blueprint, h.actionName, namespaceSubject(namespace), options);
  try {
    const before = await run(preHook);
    await work();
    return { before, after: await run(onSuccess) };
  } catch (error) {
    // Kasten waits for an ActionSet that no controller ends, until its own limit; another one is run by nobody meanwhile.
    if (!(error instanceof ControllerDied)) await run(onFailure);
    throw error;
  }
}

const binding = z.object({ spec: z.object({ blueprintRef: z.object({ name: z.string() }) }) });

/** An action of the blueprint that a binding names, for one datacenter. */
export async function runBound(
  bed: Bed,
  bindingName: string,
  action: string,
  datacenter: { readonly name: string; readonly namespace: string },
  options: ActionOptions = {},
): Promise<ActionRun> {
  const text = await bed.kubectl([
    '--namespace',
    KASTEN,
    'get',
    'blueprintbindings',
    bindingName,
    '-o',
    'json',
  ]);
  const { spec } = binding.parse(JSON.parse(text));
  const subject = datacenterSubject(datacenter.name, datacenter.namespace);
  return runAction(bed, spec.blueprintRef.name, action, subject, options);
}

import { z } from 'zod';
import type { Bed } from '../bed/bed.ts';
import { artifactsOf, phasesOf, podOf, type Rendering, type TemplateParams } from './blueprint-renderer.ts';
import { KASTEN } from './kasten-kinds.ts';
import { runKubeTask } from './kube-task-pod.ts';

const reference = z.object({
  kind: z.string().optional(),
  group: z.string().optional(),
  apiVersion: z.string().optional(),
  resource: z.string().optional(),
  name: z.string(),
  namespace: z.string(),
});

export type Subject = z.infer<typeof reference>;
export type Artifacts = Readonly<Record<string, { readonly keyValue: Readonly<Record<string, string>> }>>;

export interface ActionRun {
  /** Of all phases by name. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly artifacts: Artifacts;
}

/** The namespace as the subject of Kasten's hooks. */
export function namespaceSubject(name: string): Subject {
  return { kind: 'Namespace', name, namespace: name };
}

export function datacenterSubject(name: string, namespace: string): Subject {
  const group = 'cassandra.datastax.com';
  return { group, apiVersion: 'v1beta1', resource: 'cassandradatacenters', name, namespace };
}

/**
 * Run one action of a blueprint that is in the cluster, through an ActionSet, as Kanister's controller does: its phases one
 * after the other, each as a pod; the ActionSet ends as complete or failed.
 */
export async function runAction(
  bed: Bed,
  blueprint: string,
  action: string,
  object: Subject,
  artifacts: Artifacts = {},
): Promise<ActionRun> {
  const kubectl = (...args: readonly string[]) => bed.kubectl(['--namespace', KASTEN, ...args]);
  const spec = { actions: [{ name: action, blueprint, object, artifacts }] };
  const actionSet = {
    apiVersion: 'cr.kanister.io/v1alpha1',
    kind: 'ActionSet',
    metadata: { generateName: `${action.toLowerCase()}-`, namespace: KASTEN },
    spec,
  };
  const name = (await bed.kubectl(['create', '-o', 'name', '-f', '-'], JSON.stringify(actionSet))).trim();
  const tell = (status: object) =>
    kubectl('patch', name, '--type=merge', '--patch', JSON.stringify({ status }));
  const made = JSON.parse(
    await kubectl('get', 'blueprints.cr.kanister.io', blueprint, '-o', 'json'),
  ) as object;
  const head = { name: action, blueprint, object };
  try {
    const run = await runPhases(bed, {
      blueprint: made,
      action,
      params: await paramsOf(bed, object, artifacts),
    });
    const phases = Object.entries(run.outputs).map(([phase, output]) => ({
      ...{ name: phase, state: 'complete', output },
    }));
    await tell({ state: 'complete', actions: [{ ...head, phases, artifacts: run.artifacts }] });
    return run;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    await tell({ state: 'failed', actions: [{ ...head, phases: [] }], error: { message } });
    throw error;
  }
}

async function runPhases(bed: Bed, rendering: Rendering): Promise<ActionRun> {
  let { params } = rendering;
  const outputs: Record<string, Readonly<Record<string, string>>> = {};
  for (const phase of await phasesOf(rendering)) {
    // Not before: a phase may use what those before it have put out.
    const output = await runKubeTask(bed, await podOf({ ...rendering, params, phase }));
    outputs[phase] = output;
    params = { ...params, Phases: { ...params.Phases, [phase]: { Output: output } } };
  }
  return { outputs, artifacts: await artifactsOf({ ...rendering, params }) };
}

/** The subject as it is in the cluster. */
async function paramsOf(bed: Bed, subject: Subject, artifacts: Artifacts): Promise<TemplateParams> {
  const { kind, resource, group, name, namespace } = reference.parse(subject);
  const rest = { Options: {}, ArtifactsIn: artifacts, Phases: {}, Time: new Date().toISOString() };
  if (kind?.toLowerCase() === 'namespace') {
    const object = JSON.parse(await bed.kubectl(['get', 'namespace', name, '-o', 'json'])) as object;
    return { Namespace: { Name: namespace, Namespace: namespace }, Object: object, ...rest };
  }
  const type = `${resource}.${group}`;
  const text = await bed.kubectl(['--namespace', namespace, 'get', type, name, '-o', 'json']);
  return { Object: JSON.parse(text) as object, ...rest };
}

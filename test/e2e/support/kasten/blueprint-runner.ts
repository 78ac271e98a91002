import { z } from 'zod';
import type { Bed } from '../../bed/bed.ts';
import { ActionSetStatus } from './action-set-status.ts';
import {
  type Artifacts,
  goRenderer,
  type Renderer,
  type Rendering,
  type TemplateParams,
} from './blueprint-renderer.ts';
import { KASTEN } from './kasten-kinds.ts';
import { ControllerDied, runKubeTask } from './kube-task-pod.ts';

const reference = z.object({
  kind: z.string().optional(),
  group: z.string().optional(),
  apiVersion: z.string().optional(),
  resource: z.string().optional(),
  name: z.string(),
  /** What leaves it out gets a template that renders to nothing. */
  namespace: z.string().default(''),
});

export type Subject = z.input<typeof reference>;

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

/** What an ActionSet may say besides, and what may happen to Kanister's controller meanwhile. */
export interface ActionOptions {
  readonly artifacts?: Artifacts;
  /** Of the ActionSet: each field of it wins over the blueprint's. */
  readonly podOverride?: object;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly podAnnotations?: Readonly<Record<string, string>>;
  /** The controller dies when this is aborted: the ActionSet runs for ever, the pod of its phase comes to its end and stays. */
  readonly dies?: AbortSignal;
  readonly renderer?: Renderer;
}

type Cluster = Pick<Bed, 'kubectl'>;

/** Before the subject is looked at. */
const UNKNOWN: TemplateParams = { Object: {}, Options: {}, ArtifactsIn: {}, Phases: {}, Time: '' };

/**
 * Run one action of a blueprint that is in the cluster, through an ActionSet, as Kanister's controller does: its phases one
 * after the other, each as a pod; the ActionSet ends as complete or failed.
 * @throws ControllerDied, and then nothing more happens to the ActionSet: a controller takes up none that is running already
 */
export async function runAction(
  bed: Cluster,
  blueprint: string,
  action: string,
  object: Subject,
  options: ActionOptions = {},
): Promise<ActionRun> {
  const { artifacts = {}, podOverride, podLabels, podAnnotations, renderer = goRenderer } = options;
  const forPods = withoutUndefined({ podOverride, podLabels, podAnnotations });
  const actionSet = {
    apiVersion: 'cr.kanister.io/v1alpha1',
    kind: 'ActionSet',
    metadata: { generateName: `${action.toLowerCase()}-`, namespace: KASTEN },
    spec: { actions: [{ name: action, blueprint, object, artifacts, ...forPods }] },
  };
  const name = (
    await bed.kubectl(['create', '-o', 'name', '-f', '-'], { input: JSON.stringify(actionSet) })
  ).trim();
  const status = new ActionSetStatus(bed, name, { name: action, blueprint, object });
  try {
    const text = await bed.kubectl([
      ...['--namespace', KASTEN, 'get', 'blueprints.cr.kanister.io', blueprint, '-o', 'json'],
    ]);
    const made = { blueprint: JSON.parse(text) as object, action };
    await status.begin(await renderer.phasesOf({ ...made, params: UNKNOWN }));
    const params = await paramsOf(bed, object, artifacts, options);
    const run = await runPhases(bed, { ...made, params }, { ...options, renderer }, status);
    await status.end('complete', { artifacts: run.artifacts });
    return run;
  } catch (error) {
    if (!(error instanceof ControllerDied)) {
      await status.end('failed', { error: error instanceof Error ? error.message : String(error) });
    }
    throw error;
  }
}

async function runPhases(
  bed: Cluster,
  rendering: Rendering,
  { renderer, dies }: ActionOptions & { readonly renderer: Renderer },
  status: ActionSetStatus,
): Promise<ActionRun> {
  let { params } = rendering;
  const outputs: Record<string, Readonly<Record<string, string>>> = {};
  for (const phase of await renderer.phasesOf(rendering)) {
    await status.phase(phase, 'running');
    // Not before: a phase may use what those before it have put out.
    const pod = await renderer.podOf({ ...rendering, params, phase });
    const output = await runKubeTask(bed, pod, dies);
    outputs[phase] = output;
    params = { ...params, Phases: { ...params.Phases, [phase]: { Output: output } } };
    await status.phase(phase, 'complete', output);
  }
  return { outputs, artifacts: await renderer.artifactsOf({ ...rendering, params }) };
}

/** The subject as it is in the cluster. */
async function paramsOf(
  bed: Cluster,
  subject: Subject,
  artifacts: Artifacts,
  { podOverride, podLabels, podAnnotations }: ActionOptions,
): Promise<TemplateParams> {
  const { kind, resource, group, name, namespace } = reference.parse(subject);
  const rest = {
    ...{ Options: {}, ArtifactsIn: artifacts, Phases: {}, Time: new Date().toISOString() },
    ...withoutUndefined({ PodOverride: podOverride, PodLabels: podLabels, PodAnnotations: podAnnotations }),
  };
  if (kind?.toLowerCase() === 'namespace') {
    const object = JSON.parse(await bed.kubectl(['get', 'namespace', name, '-o', 'json'])) as object;
    // The object's namespace, not its name: where the ActionSet leaves that out, the template renders to nothing.
    return { Namespace: { Name: namespace, Namespace: namespace }, Object: object, ...rest };
  }
  const type = `${resource}.${group}`;
  const text = await bed.kubectl(['--namespace', namespace, 'get', type, name, '-o', 'json']);
  return { Object: JSON.parse(text) as object, ...rest };
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

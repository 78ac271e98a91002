import { z } from 'zod';
import { binary } from '../../bed/binaries/binaries.ts';
import { run } from '../../bed/run.ts';
import { KASTEN } from './kasten-kinds.ts';

/** What a template sees of an action's subject and of the phases before. */
export interface TemplateParams {
  readonly Namespace?: { readonly Name: string; readonly Namespace: string };
  readonly Object: object;
  readonly Options: Readonly<Record<string, string>>;
  readonly ArtifactsIn: object;
  readonly Phases: Readonly<Record<string, { readonly Output: Readonly<Record<string, string>> }>>;
  readonly Time: string;
  /** Of the ActionSet. */
  readonly PodOverride?: object;
  readonly PodLabels?: Readonly<Record<string, string>>;
  readonly PodAnnotations?: Readonly<Record<string, string>>;
}

export interface Rendering {
  readonly blueprint: object;
  readonly action: string;
  readonly phase?: string;
  readonly params: TemplateParams;
}

/** Where Kasten's Kanister runs, and as whom. */
const CONTROLLER = { namespace: KASTEN, serviceAccount: 'k10-k10' };

const pod = z.looseObject({
  metadata: z.looseObject({ namespace: z.string() }),
  spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string() })) }),
});

export type Pod = z.infer<typeof pod>;

export function phasesOf(rendering: Rendering): Promise<readonly string[]> {
  return render('phases', rendering, z.array(z.string()));
}

export function podOf(rendering: Rendering): Promise<Pod> {
  return render('pod', rendering, pod);
}

function artifactsOf(rendering: Rendering): Promise<Artifacts> {
  const texts = z.record(z.string(), z.string());
  return render('artifacts', rendering, z.record(z.string(), z.object({ keyValue: texts })));
}

/** What renders a blueprint's action. */
export interface Renderer {
  readonly phasesOf: (rendering: Rendering) => Promise<readonly string[]>;
  readonly podOf: (rendering: Rendering) => Promise<Pod>;
  readonly artifactsOf: (rendering: Rendering) => Promise<Artifacts>;
}

export type Artifacts = Readonly<Record<string, { readonly keyValue: Readonly<Record<string, string>> }>>;

export const goRenderer: Renderer = { phasesOf, podOf, artifactsOf };

/** By the program of modules/blueprints: Go's templates with sprig, and the merge of Kubernetes' own library. */
async function render<T>(what: string, rendering: Rendering, schema: z.ZodType<T>): Promise<T> {
  const input = JSON.stringify({ ...rendering, controller: CONTROLLER });
  return schema.parse(JSON.parse(await run(binary('blueprints', 'blueprints'), [what], { input })));
}

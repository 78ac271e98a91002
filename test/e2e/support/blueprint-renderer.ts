import { z } from 'zod';
import { binary } from '../bed/binaries.ts';
import { run } from '../bed/run.ts';
import { KASTEN } from './kasten-kinds.ts';

/** What a template sees of an action's subject and of the phases before. */
export interface TemplateParams {
  readonly Namespace?: { readonly Name: string; readonly Namespace: string };
  readonly Object: object;
  readonly Options: Readonly<Record<string, string>>;
  readonly ArtifactsIn: object;
  readonly Phases: Readonly<Record<string, { readonly Output: Readonly<Record<string, string>> }>>;
  readonly Time: string;
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

export const phasesOf = (rendering: Rendering) => render('phases', rendering, z.array(z.string()));
export const podOf = (rendering: Rendering) => render('pod', rendering, pod);
export const artifactsOf = (rendering: Rendering) =>
  render(
    'artifacts',
    rendering,
    z.record(z.string(), z.object({ keyValue: z.record(z.string(), z.string()) })),
  );

/** By the program of modules/blueprints: Go's templates with sprig, and the merge of Kubernetes' own library. */
async function render<T>(what: string, rendering: Rendering, schema: z.ZodType<T>): Promise<T> {
  const input = JSON.stringify({ ...rendering, controller: CONTROLLER });
  return schema.parse(JSON.parse(await run(binary('blueprints', 'blueprints'), [what], { input })));
}

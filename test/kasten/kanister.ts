import { z } from 'zod';

/*
 * Kanister's kinds, written from its documentation (docs.kanister.io, architecture and functions): every field that it has, and
 * no other.
 */
const reference = z.strictObject({
  apiVersion: z.string().optional(),
  group: z.string().optional(),
  resource: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
});

const references = z.record(z.string(), reference);
const texts = z.record(z.string(), z.string());
const anything = z.record(z.string(), z.unknown());

const artifacts = z.record(
  z.string(),
  z.strictObject({ keyValue: texts.optional(), kopiaSnapshot: z.string().optional() }),
);

const phase = z.strictObject({
  func: z.string(),
  name: z.string(),
  args: anything.optional(),
  objects: references.optional(),
});

const names = z.array(z.string()).optional();

export const blueprint = {
  actions: z.record(
    z.string(),
    z.strictObject({
      name: z.string().optional(),
      kind: z.string().optional(),
      configMapNames: names,
      secretNames: names,
      inputArtifactNames: names,
      outputArtifacts: artifacts.optional(),
      phases: z.array(phase),
      deferPhase: phase.optional(),
    }),
  ),
};

const state = z.enum(['pending', 'running', 'failed', 'complete', 'deleting', 'deleted']);

const phaseStatus = z.strictObject({
  name: z.string(),
  state,
  output: anything.optional(),
  progress: anything.optional(),
});

export const actionSet = {
  spec: z.strictObject({
    actions: z.array(
      z.strictObject({
        name: z.string(),
        object: reference,
        blueprint: z.string(),
        artifacts: artifacts.optional(),
        configMaps: references.optional(),
        secrets: references.optional(),
        profile: reference.optional(),
        options: texts.optional(),
        preferredVersion: z.string().optional(),
        podOverride: anything.optional(),
        podLabels: texts.optional(),
        podAnnotations: texts.optional(),
      }),
    ),
  }),
  status: z
    .strictObject({
      state,
      actions: z.array(
        z.strictObject({
          name: z.string(),
          object: reference,
          blueprint: z.string(),
          phases: z.array(phaseStatus),
          deferPhase: phaseStatus.optional(),
          artifacts: artifacts.optional(),
        }),
      ),
      error: z.strictObject({ message: z.string() }).optional(),
      progress: z
        .strictObject({ runningPhase: z.string().optional(), percentCompleted: z.string().optional() })
        .optional(),
    })
    .optional(),
};

/** The arguments that KubeTask has had since the oldest Kasten that is tested. */
export const kubeTaskArguments = z.strictObject({
  image: z.string(),
  command: z.array(z.string()),
  namespace: z.string().optional(),
  podOverride: anything.optional(),
});

import { z } from 'zod';
import type {
  Binding,
  Blueprint,
  Expression,
  Filters,
  Hooks,
  Phase,
  Policy,
  Requirement,
  Restore,
} from '../../../domain/doctor/facts.ts';

/* The parts of Kasten's and Kanister's objects that doctor reads; each schema gives the domain's form of one. */
const texts = z.record(z.string(), z.string());

const metadata = z.object({
  name: z.string(),
  creationTimestamp: z.string().default(''),
  labels: texts.default({}),
  annotations: texts.default({}),
});

const hook = z.object({ blueprint: z.string(), actionName: z.string() });

const hooks = z
  .object({ preHook: hook.optional(), onSuccess: hook.optional(), onFailure: hook.optional() })
  .default({}) satisfies z.ZodType<Hooks>;

const expression = z.object({
  key: z.string().default(''),
  operator: z.string().default('In'),
  values: z.array(z.string()).default([]),
}) satisfies z.ZodType<Expression>;

const resources = z
  .array(
    z
      .object({
        group: z.string().optional(),
        resource: z.string().optional(),
        name: z.string().optional(),
        matchLabels: z.unknown().optional(),
        matchExpressions: z.unknown().optional(),
      })
      .transform(({ group, resource, name, matchLabels, matchExpressions }) => {
        const labelled = matchLabels !== undefined || matchExpressions !== undefined;
        return { group, resource, name, labelled };
      }),
  )
  .default([]);

const filters = z
  .object({ includeResources: resources, excludeResources: resources })
  .transform(({ includeResources, excludeResources }): Filters => {
    return { include: includeResources, exclude: excludeResources };
  })
  .default({ include: [], exclude: [] });

const parameters = z.object({ hooks, filters });

const NO_PARAMETERS = parameters.parse({});

export const policy = z
  .object({
    metadata,
    spec: z.object({
      paused: z.boolean().default(false),
      frequency: z.string().default(''),
      selector: z
        .object({ matchLabels: texts.default({}), matchExpressions: z.array(expression).default([]) })
        .default({ matchLabels: {}, matchExpressions: [] }),
      actions: z
        .array(
          z.object({
            action: z.string(),
            backupParameters: parameters.optional(),
            exportParameters: parameters.optional(),
          }),
        )
        .default([]),
    }),
  })
  .transform(({ metadata: { name }, spec }): Policy => {
    const { paused, frequency, selector } = spec;
    const labels = Object.entries(selector.matchLabels).map(([key, value]) => ({
      ...{ key, operator: 'In', values: [value] },
    }));
    const actions = spec.actions.map(({ action, backupParameters, exportParameters }) => ({
      action,
      ...(backupParameters ?? exportParameters ?? NO_PARAMETERS),
    }));
    return { name, paused, frequency, selector: [...labels, ...selector.matchExpressions], actions };
  });

const requirement = z
  .object({
    type: z
      .object({
        operator: z.string().default('In'),
        values: z.array(z.object({ group: z.string().default(''), resource: z.string().default('') })),
      })
      .transform(({ operator, values }): Expression => {
        return { key: '', operator, values: values.map((v) => `${v.resource}.${v.group}`) };
      })
      .optional(),
    namespace: expression.optional(),
    name: expression.optional(),
    labels: expression.optional(),
    annotations: expression.optional(),
  })
  .transform(({ type, namespace, name, labels, annotations }): readonly Requirement[] => {
    const all = { type, namespace, name, label: labels, annotation: annotations };
    return Object.entries(all).flatMap(([subject, e]) =>
      e === undefined ? [] : [{ subject: subject as Requirement['subject'], expression: e }],
    );
  });

const requirements = z.array(requirement).default([]);

/** A binding that is switched off matches nothing. */
export const binding = z
  .object({
    metadata,
    spec: z.object({
      disabled: z.boolean().default(false),
      blueprintRef: z.object({ name: z.string() }),
      resources: z.object({ matchAll: requirements, matchAny: requirements }),
    }),
  })
  .transform(({ metadata: { name, creationTimestamp: createdAt }, spec }): Binding => {
    const { matchAll, matchAny } = spec.disabled ? { matchAll: [], matchAny: [] } : spec.resources;
    return { name, createdAt, blueprint: spec.blueprintRef.name, all: matchAll, any: matchAny };
  });

const podOverride = z.object({
  serviceAccountName: z.string().nullable().catch(null),
  containers: z.array(z.object({ resources: z.looseObject({}).optional() })).catch([]),
});
const NO_OVERRIDE: z.output<typeof podOverride> = { serviceAccountName: null, containers: [] };

const phase = z
  .object({
    func: z.string(),
    args: z
      .object({
        command: z.array(z.string()).catch([]),
        image: z.string().catch(''),
        namespace: z.string().nullable().catch(null),
        podOverride: podOverride.catch(NO_OVERRIDE),
      })
      .default({ command: [], image: '', namespace: null, podOverride: NO_OVERRIDE }),
  })
  .transform(({ func, args: { command, image, namespace, podOverride } }): Phase => {
    const { serviceAccountName: serviceAccount, containers } = podOverride;
    return { func, command, image, namespace, serviceAccount, resources: containers[0]?.resources ?? null };
  });

export const blueprint = z
  .object({
    metadata,
    actions: z.record(z.string(), z.object({ phases: z.array(phase).default([]) })).default({}),
  })
  .transform(({ metadata: { name }, actions }): Blueprint => {
    const phases = Object.entries(actions).map(([action, a]) => [action, a.phases] as const);
    return { name, actions: Object.fromEntries(phases) };
  });

export const restorePoint = z
  .object({ metadata, status: z.object({ actionTime: z.string().optional() }).default({}) })
  .transform((r) => r.status.actionTime ?? r.metadata.creationTimestamp);

/** With the namespace that it restored to: restores may be asked for in Kasten's own as well. */
export const restore = z
  .object({
    metadata,
    spec: z.object({ targetNamespace: z.string().default(''), hooks }),
    status: z
      .object({ state: z.string().default(''), startTime: z.string().optional() })
      .default({ state: '' }),
  })
  .transform((r): Restore & { readonly target: string } => {
    const { name, creationTimestamp } = r.metadata;
    return {
      name,
      startedAt: r.status.startTime ?? creationTimestamp,
      state: r.status.state,
      hooks: r.spec.hooks,
      target: r.spec.targetNamespace,
    };
  });

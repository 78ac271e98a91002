import { z } from 'zod';
import * as kanister from './kanister.ts';
import * as kasten from './kasten.ts';

interface Kind {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shape: Readonly<Record<string, z.ZodType>>;
}

const KANISTER = 'cr.kanister.io';
const CONFIG = 'config.kio.kasten.io';

/** All of version v1alpha1. */
const KINDS: readonly Kind[] = [
  { group: KANISTER, kind: 'Blueprint', plural: 'blueprints', shape: kanister.blueprint },
  { group: KANISTER, kind: 'ActionSet', plural: 'actionsets', shape: kanister.actionSet },
  { group: CONFIG, kind: 'Policy', plural: 'policies', shape: kasten.policy },
  { group: CONFIG, kind: 'BlueprintBinding', plural: 'blueprintbindings', shape: kasten.blueprintBinding },
  {
    group: 'actions.kio.kasten.io',
    kind: 'RestoreAction',
    plural: 'restoreactions',
    shape: kasten.restoreAction,
  },
  { group: 'apps.kio.kasten.io', kind: 'RestorePoint', plural: 'restorepoints', shape: kasten.restorePoint },
];

const metadata = z.strictObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** Throws where the object is not what its kind's documentation says; kinds that are not Kasten's are of no interest here. */
export function validate(object: object): 'valid' | 'of another kind' {
  const { apiVersion, kind } = object as { apiVersion: string; kind: string };
  const known = KINDS.find((k) => `${k.group}/v1alpha1` === apiVersion && k.kind === kind);
  if (known === undefined) return 'of another kind';
  z.strictObject({ apiVersion: z.string(), kind: z.string(), metadata, ...known.shape }).parse(object);
  return 'valid';
}

/** The same as custom resource definitions: an API server then refuses what `validate` does. */
export function definitions(): readonly object[] {
  return KINDS.map(({ shape, ...kind }) =>
    definition(kind, {
      schema: { openAPIV3Schema: structural(z.toJSONSchema(z.object(shape), { target: 'openapi-3.0' })) },
    }),
  );
}

/** A kind of objects in namespaces. @param version what its only version, `v1alpha1`, has besides its name */
export function definition<V extends object>(
  { group, kind, plural }: { readonly group: string; readonly kind: string; readonly plural: string },
  version: V,
) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1alpha1', served: true, storage: true, ...version }],
    },
  };
}

/** Where each group's kinds are listed, for those that wait until they are served. */
export function servedPaths(): readonly string[] {
  return KINDS.map(({ group, plural }) => `/apis/${group}/v1alpha1/${plural}`);
}

/** In the form that Kubernetes asks for: fields that are not named are unknown anyway, and those of free form say so. */
function structural(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(structural);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $schema: _, additionalProperties, propertyNames: __, ...rest } = schema as Record<string, unknown>;
  const kept = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, structural(value)]));
  if (additionalProperties === undefined || additionalProperties === false) return kept;
  const free = Object.keys(additionalProperties as object).length === 0;
  return free
    ? { ...kept, 'x-kubernetes-preserve-unknown-fields': true }
    : { ...kept, additionalProperties: structural(additionalProperties) };
}

import { z } from 'zod';
import type { NetworkPolicy } from '../../../domain/doctor/facts.ts';

/* networking.k8s.io/v1 NetworkPolicy, as far as doctor judges it. */
const selector = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
});
type Selector = z.output<typeof selector>;

const keysOf = ({ matchLabels, matchExpressions }: Selector) => [
  ...Object.keys(matchLabels),
  ...matchExpressions.map((e) => e.key),
];

/** The label that every namespace has. */
const NAME = 'kubernetes.io/metadata.name';

const peer = z
  .object({
    ipBlock: z.unknown().optional(),
    namespaceSelector: selector.optional(),
    podSelector: selector.optional(),
  })
  .transform(({ ipBlock, namespaceSelector, podSelector }) => ({
    isBlock: ipBlock !== undefined,
    namespaces: namespaceSelector === undefined ? null : namesIn(namespaceSelector),
    isCertain: namespaceSelector === undefined || keysOf(namespaceSelector).every((k) => k === NAME),
    anyPod: podSelector === undefined || keysOf(podSelector).length === 0,
  }));

function namesIn(namespaces: Selector): 'all' | readonly string[] {
  if (keysOf(namespaces).length === 0) return 'all';
  const named = namespaces.matchLabels[NAME];
  const among = namespaces.matchExpressions.filter((e) => e.key === NAME && e.operator === 'In');
  return [...(named === undefined ? [] : [named]), ...among.flatMap((e) => e.values)];
}

const port = z.object({
  protocol: z.string().default('TCP'),
  port: z.union([z.number(), z.string()]).optional(),
  endPort: z.number().optional(),
});

const rule = z.object({ from: z.array(peer).default([]), ports: z.array(port).default([]) });

export const networkPolicy = z
  .object({
    metadata: z.object({ name: z.string() }),
    spec: z.object({
      podSelector: selector.default({ matchLabels: {}, matchExpressions: [] }),
      policyTypes: z.array(z.string()).optional(),
      ingress: z.array(rule).nullish(),
      egress: z.array(z.unknown()).nullish(),
    }),
  })
  .transform(({ metadata: { name }, spec }): NetworkPolicy => {
    // What is not said is ingress, and egress where there are rules for it.
    const types = spec.policyTypes ?? ['Ingress', ...(spec.egress ? ['Egress'] : [])];
    return {
      name,
      selector: keysOf(spec.podSelector),
      ingress: types.includes('Ingress') ? (spec.ingress ?? []) : null,
      egressRules: types.includes('Egress') ? (spec.egress ?? []).length : null,
    };
  });

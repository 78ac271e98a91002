import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { ColdPlan } from '../restore/cold-plan.ts';

const paths = z.array(z.string());

const coldPlan: z.ZodType<ColdPlan> = z.object({
  tag: z.string(),
  cluster: z.string(),
  node: z.string(),
  moves: paths,
  empties: paths,
  links: z.array(z.tuple([z.string(), z.string()])),
  unrepaired: paths.default([]),
  drops: paths,
  forgets: paths,
  tables: z.number(),
  bytes: z.number(),
});

/**
 * A plan as a word of a Job's log, which Kubernetes cuts off at some 10 MB: paths repeat themselves, and come out at about a
 * tenth of their length.
 */
export function packPlan(plan: ColdPlan): string {
  return deflateRawSync(JSON.stringify(plan)).toString('base64');
}

/** @throws where it is no packed plan */
export function unpackPlan(packed: string): ColdPlan {
  return coldPlan.parse(JSON.parse(inflateRawSync(Buffer.from(packed, 'base64')).toString()));
}

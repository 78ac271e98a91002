import { z } from 'zod';

const statement = z.object({ object: z.string(), statement: z.string() });

/** A restore's plan, whole: the tests compare the one that was shown with the one that was carried out. */
const plan = z.strictObject({
  cluster: z.string(),
  tag: z.string(),
  drops: z.array(statement),
  truncates: z.array(z.object({ keyspace: z.string(), name: z.string() })),
  creates: z.array(statement),
  tables: z.array(
    z.strictObject({
      keyspace: z.string(),
      name: z.string(),
      kind: z.string(),
      action: z.enum(['reload', 'recreate', 'rebuild']),
      sstables: z.number(),
      files: z.number(),
      bytes: z.number(),
    }),
  ),
  rebuilds: z.array(statement),
  kept: z.array(z.string()),
});

export type ShownPlan = z.infer<typeof plan>;

export const planResult = z.object({
  clusters: z.array(
    z.object({
      cluster: z.string(),
      next: z.enum(['nothing', 'tidy', 'replace']),
      tag: z.string(),
      method: z.enum(['warm', 'cold']),
    }),
  ),
  plans: z.array(plan),
});

export const restoreResult = z.object({
  clusters: z.array(
    z.object({
      tag: z.string(),
      outcome: z.enum(['restored', 'finished', 'unchanged']),
      tables: z.number(),
      files: z.number(),
      bytesCopied: z.literal(0),
      why: z.string().nullable(),
      cold: z.object({ restoredAt: z.iso.datetime(), volumes: z.number(), byThisRun: z.number() }).nullable(),
      concurrentWrites: z.array(z.string()),
      viewsRebuilt: z.array(z.string()),
      plan: plan.nullable(),
    }),
  ),
});

export const findingsResult = z.object({
  findings: z.array(
    z.object({
      ok: z.boolean(),
      code: z.string().nullable(),
      message: z.string(),
      hint: z.string().nullable(),
    }),
  ),
});

export const statusResult = z.object({
  clusters: z.array(
    z.object({
      backups: z.array(
        z.object({
          tag: z.string(),
          complete: z.boolean(),
          missingOn: z.array(z.string()),
          restoring: z.boolean(),
        }),
      ),
    }),
  ),
});

export const errorBody = z.strictObject({
  kassette: z.string(),
  command: z.string(),
  ok: z.literal(false),
  error: z.strictObject({
    ...{ code: z.string(), exit: z.number(), message: z.string(), hint: z.string() },
    command: z.string().optional(),
  }),
});

export const cleanVolumeResult = z.object({
  cluster: z.string(),
  node: z.string(),
  tag: z.string(),
  outcome: z.enum(['restored', 'unchanged', 'planned']),
  tables: z.number(),
  files: z.number(),
  bytesLinked: z.number(),
  bytesCopied: z.literal(0),
  moved: z.number(),
  displaced: z.string().nullable(),
  seconds: z.number(),
  plan: z
    .object({
      moves: z.array(z.string()),
      empties: z.array(z.string()),
      links: z.array(z.tuple([z.string(), z.string()])),
    })
    .nullable(),
});

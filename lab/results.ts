import { z } from 'zod';

/** What the demo, the tests and the benchmark read of the commands' JSON; `docs/reference/json-output.md` has all of it. */
export const beforeBackupResult = z.object({
  tag: z.string(),
  startedAt: z.string(),
  seconds: z.number(),
  skewMs: z.number(),
  clusters: z.array(z.object({ tables: z.number(), files: z.number(), bytes: z.number() })),
});

export const afterBackupResult = z.object({ removed: z.array(z.string()) });

export const beforeRestoreResult = z.object({
  findings: z.array(z.object({ ok: z.boolean(), code: z.string().nullable(), message: z.string() })),
});

export const afterRestoreResult = z.object({
  seconds: z.number(),
  method: z.enum(['warm', 'cold']),
  clusters: z.array(
    z.object({
      outcome: z.string(),
      tag: z.string(),
      tables: z.number(),
      files: z.number(),
      bytesLinked: z.number(),
      bytesCopied: z.number(),
    }),
  ),
});

export const recoverResult = z.object({
  seconds: z.number(),
  volumes: z.array(z.object({ outcome: z.string(), seconds: z.number() })),
});

export const rewindResult = z.object({
  outcome: z.string(),
  to: z.string(),
  seconds: z.number(),
  plan: z
    .object({
      base: z.string(),
      nodes: z.array(z.object({ node: z.string(), segments: z.number(), bytes: z.number() })),
      created: z.array(z.string()),
      dropped: z.array(z.string()),
      truncated: z.array(z.object({ table: z.string() })),
    })
    .nullable(),
  nodes: z.array(z.object({ node: z.string(), replayed: z.number(), later: z.number() })),
});

export const windowResult = z.object({
  datacenters: z.array(
    z.looseObject({
      ranges: z.array(z.object({ from: z.string(), until: z.string() })),
      windows: z.array(
        z.looseObject({
          base: z.string(),
          nodes: z.array(
            z.looseObject({
              segments: z.number(),
              gaps: z.array(z.unknown()),
              restarts: z.array(z.unknown()),
            }),
          ),
        }),
      ),
      nodes: z.array(z.looseObject({ node: z.string(), archiving: z.string(), segments: z.number() })),
    }),
  ),
});

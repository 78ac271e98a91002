import { z } from 'zod';
import type { RingMember } from '../../domain/cluster/topology.ts';

/** What the management API answers, as far as it is used; it sends more, and may send yet more later. */
export const features = z.object({ features: z.array(z.string()) });

export const schemaVersions = z.record(z.string(), z.array(z.string()));

export const job = z.object({ status: z.string(), error: z.string().nullish() });

/** Gossip need not have every state of a node yet, or any more: what is missing stays empty. */
const state = z
  .object({
    CLUSTER_NAME: z.string().default(''),
    DC: z.string().default(''),
    RACK: z.string().default(''),
    ENDPOINT_IP: z.string(),
    HOST_ID: z.string().default(''),
    TOKENS: z.string().default(''),
    RELEASE_VERSION: z.string().default(''),
    SCHEMA: z.string().default(''),
    STATUS: z.string().default(''),
    STATUS_WITH_PORT: z.string().optional(),
    IS_ALIVE: z.string(),
    IS_LOCAL: z.string(),
  })
  .transform(
    (given): RingMember => ({
      cluster: given.CLUSTER_NAME,
      datacenter: given.DC,
      rack: given.RACK,
      address: given.ENDPOINT_IP,
      hostId: given.HOST_ID,
      tokens: given.TOKENS.split(',').filter((token) => token !== ''),
      releaseVersion: given.RELEASE_VERSION,
      schemaVersion: given.SCHEMA,
      status: (given.STATUS_WITH_PORT ?? given.STATUS).split(',', 1)[0] ?? '',
      alive: given.IS_ALIVE === 'true',
      local: given.IS_LOCAL === 'true',
    }),
  );

export const endpoints = z.object({ entity: z.array(state) });

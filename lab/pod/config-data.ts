import { z } from 'zod';

const additional = z.array(z.string()).readonly().default([]);

const jvmOptions = z
  .object({
    max_heap_size: z.union([z.string(), z.number()]).optional(),
    'additional-jvm-opts': additional,
  })
  .readonly();

const configData = z
  .object({
    'cluster-info': z.object({ name: z.string(), seeds: z.string() }).readonly(),
    'datacenter-info': z.object({ name: z.string() }).readonly(),
    'cassandra-yaml': z.record(z.string(), z.unknown()).readonly().default({}),
    'jvm-server-options': jvmOptions.prefault({}),
    'cassandra-env-sh': z.object({ 'additional-jvm-opts': additional }).readonly().prefault({}),
  })
  .readonly();

/** What cass-operator says about a node; of the user's `spec.config` only what the stand-in heeds. */
export type ConfigData = z.infer<typeof configData>;

export function parseConfigData(text: string): ConfigData {
  return configData.parse(JSON.parse(text));
}

const FACTORS: Readonly<Record<string, number>> = { K: 1 / 1024, M: 1, G: 1024 };

/** The Java heap that the user asked for, such as `512M`, `1G` or bytes; undefined without one. */
export function heapMegabytes(config: ConfigData): number | undefined {
  const size = config['jvm-server-options'].max_heap_size;
  if (size === undefined) return undefined;
  const match = /^(\d+)([KMG])?$/i.exec(String(size).trim());
  if (match === null) throw new RangeError(`max_heap_size ${size} is no size`);
  const factor = match[2] === undefined ? 1 / 1024 ** 2 : (FACTORS[match[2].toUpperCase()] ?? 1);
  return Math.floor(Number(match[1]) * factor);
}

export function jvmOptionsOf(config: ConfigData): readonly string[] {
  return [
    ...config['jvm-server-options']['additional-jvm-opts'],
    ...config['cassandra-env-sh']['additional-jvm-opts'],
  ];
}

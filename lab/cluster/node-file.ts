import { readFileSync } from 'node:fs';
import { z } from 'zod';

const tlsFiles = z.object({ ca: z.string(), cert: z.string(), key: z.string() }).readonly();

const nodeFile = z
  .object({
    name: z.string(),
    management: z
      .object({
        host: z.string(),
        port: z.number().int(),
        /** Server certificate and the CA of the clients; plain HTTP without. */
        tls: tlsFiles.optional(),
        /** Milliseconds after which a call to Cassandra is given up, while Cassandra goes on: those of the management API's driver. */
        callLimitMs: z.number().int().default(30_000),
      })
      .readonly(),
    /** Where the Jolokia agent inside Cassandra listens: an address of this host or pod only. */
    jolokia: z.object({ host: z.string(), port: z.number().int() }).readonly(),
    cassandra: z
      .object({
        java: z.string(),
        javaMajor: z.number().int(),
        libraries: z.string(),
        classPath: z.array(z.string()).readonly(),
        configuration: z.string(),
        jolokiaAgent: z.string(),
        classSharing: z.object({ archive: z.string(), list: z.string() }).readonly().optional(),
        storage: z.string(),
        heapMegabytes: z.number().int(),
        options: z.array(z.string()).readonly(),
      })
      .readonly(),
    /** Directory for pid file, Jolokia's secret and temporary files. */
    run: z.string(),
    logs: z.string(),
  })
  .readonly();

/** What one stand-in process needs to know; written by the launcher or by a pod's init container. */
export type NodeFile = z.infer<typeof nodeFile>;
export type NodeFileInput = z.input<typeof nodeFile>;

export function readNodeFile(path: string): NodeFile {
  return nodeFile.parse(JSON.parse(readFileSync(path, 'utf8')));
}

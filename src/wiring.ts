import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { driverCql } from './adapters/cql/driver-cql.ts';
import { managementApi } from './adapters/management-api/client.ts';
import { localShell } from './adapters/node-shell/local-shell.ts';
import { VolumeScripts } from './adapters/volume-scripts/volume-scripts.ts';
import { readClusterFile, readSuperuser } from './embedded/cluster-file.ts';
import { embeddedDatacenters } from './embedded/datacenters.ts';
import { embeddedLease } from './embedded/lease.ts';
import type { Ports } from './ports/ports.ts';
import type { Progress } from './ports/progress.ts';
import { traced } from './tracing.ts';

/** Milliseconds for one CQL statement. */
const STATEMENT_TIMEOUT_MS = 30_000;

export interface EmbeddedTarget {
  /** Directory of an embedded cluster. */
  readonly directory: string;
  /** Milliseconds for one operation of a node's management API: a big node takes long to flush. */
  readonly operationTimeoutMs: number;
}

/** The concrete adapters for an embedded cluster. */
export function connectEmbedded(target: EmbeddedTarget, progress: Progress, logger: Logger): Ports {
  const { directory } = target;
  const cql = driverCql({
    credentials: async () => readSuperuser(readClusterFile(directory)),
    timeoutMs: STATEMENT_TIMEOUT_MS,
  });
  return {
    datacenters: embeddedDatacenters(directory),
    control: traced(managementApi(managementOptions(target)), 'management API', logger),
    cql: traced(cql, 'cql', logger),
    volumes: traced(new VolumeScripts(localShell()), 'volumes', logger),
    lease: embeddedLease(directory),
    progress,
    clock: { now: () => new Date(), sleep: async (ms) => sleep(ms) },
  };
}

function managementOptions({ directory, operationTimeoutMs: timeoutMs }: EmbeddedTarget) {
  const tls = tlsFiles(directory);
  return tls === undefined ? { timeoutMs } : { timeoutMs, tls };
}

/** A missing cluster is the datacenters port's to explain. */
function tlsFiles(directory: string) {
  try {
    return readClusterFile(directory).tls;
  } catch {
    return undefined;
  }
}

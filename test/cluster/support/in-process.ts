import { pino } from 'pino';
import { clientIdentity } from '../../../src/adapters/embedded/client-identity.ts';
import { managementApi } from '../../../src/adapters/management-api/client.ts';
import type { TableName } from '../../../src/domain/tables/table-name.ts';
import type { RestoreOptions } from '../../../src/engine/restore/options.ts';
import type { TableOptions } from '../../../src/engine/tables/options.ts';
import type { CqlSession } from '../../../src/ports/cql.ts';
import type { NodeControl } from '../../../src/ports/node-control.ts';
import type { Ports } from '../../../src/ports/ports.ts';
import { connectEmbedded } from '../../../src/wiring.ts';
import type { Subject } from './subject.ts';

const QUIET = {
  step: <T>(_: string, work: (r: { count(): void; note(): void }) => Promise<T>) => work(NO_REPORT),
  warn() {},
};
const NO_REPORT = { count() {}, note() {} };

export const OPTIONS: RestoreOptions = {
  datacenters: [],
  timeoutMs: 60_000,
  concurrency: 32,
  signal: new AbortController().signal,
  tag: undefined,
  method: undefined,
  recover: 'never',
  confirm: async () => false,
  keepDisplaced: false,
  elsewhere: false,
  keepExtra: false,
  verify: 'quick',
  reserveBytes: 0,
};

/** What `restore-table` takes to put these tables back as they were. */
export function replacing(names: readonly TableName[], tag: string): TableOptions {
  const from = { kind: 'backup', tag } as const;
  return { ...OPTIONS, names, from, mode: 'replace', as: null, bytesPerSecond: null };
}

/** For `withPorts`: whatever is to happen each time that a node has loaded a table. */
export function afterRefresh(work: (keyspace: string, table: string) => Promise<void>) {
  return ({ refresh }: NodeControl): Partial<NodeControl> => ({
    refresh: async (node, keyspace, table) => {
      const outcome = await refresh(node, keyspace, table);
      await work(keyspace, table);
      return outcome;
    },
  });
}

/** Call a command with the real ports, some of the session's operations replaced; answers the warnings. */
export async function warningsOf(
  subject: Subject,
  replaced: Partial<CqlSession>,
  command: (ports: Ports) => Promise<unknown>,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  await withPorts(
    subject,
    () => ({}),
    (ports) => command({ ...withSession(ports, () => replaced), progress: { ...ports.progress, warn } }),
  );
  return warnings;
}

/** The same ports, some operations of each session replaced. */
export function withSession(ports: Ports, replaced: (session: CqlSession) => Partial<CqlSession>): Ports {
  const open: Ports['cql']['open'] = async (of) => {
    const session = await ports.cql.open(of);
    return Object.assign(session, replaced(session));
  };
  return { ...ports, cql: { open } };
}

/** Call a command with the real ports, some of the node control's operations replaced. */
export async function withPorts<T>(
  subject: Subject,
  replaced: (control: NodeControl) => Partial<NodeControl>,
  work: (ports: Ports) => Promise<T>,
): Promise<T> {
  const { tls } = subject.cluster.file;
  const control = managementApi(clientIdentity(tls));
  try {
    const session = { operationTimeoutMs: 60_000, progress: QUIET, logger: pino({ level: 'silent' }) };
    const ports = connectEmbedded(subject.directory, session);
    return await work({ ...ports, control: { ...control, ...replaced(control) } });
  } finally {
    await control.close();
  }
}

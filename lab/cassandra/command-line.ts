import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ClassSharing, classSharingOptions } from './class-archive.ts';

/** How one Cassandra process is started. */
export interface CassandraCommand {
  readonly java: string;
  readonly javaMajor: number;
  readonly libraries: string;
  readonly classPath: readonly string[];
  /** Directory with `cassandra.yaml`, `cassandra-rackdc.properties` and `logback.xml`. */
  readonly configuration: string;
  readonly jolokiaAgent: string;
  readonly jolokiaProperties: string;
  readonly classSharing?: ClassSharing | undefined;
  readonly storage: string;
  readonly temporary: string;
  readonly heapMegabytes: number;
  /** Added last, such as `-Dcassandra.ring_delay_ms=2000`. */
  readonly options: readonly string[];
  /** Of a process that only replays: the directory with what it is asked for, see `Replay.java`. */
  readonly replay?: string | undefined;
}

/** The arguments of the Java process; none of them is a secret. */
export function cassandraArguments(command: CassandraCommand): readonly string[] {
  const heap = `${command.heapMegabytes}M`;
  const { replay } = command;
  const logback = join(replay ?? command.configuration, 'logback.xml');
  return [
    `-Xms${heap}`,
    `-Xmx${heap}`,
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    ...classSharingOptions(command.classSharing),
    '-XX:-UsePerfData',
    '-XX:+ExitOnOutOfMemoryError',
    `-javaagent:${jamm(command.libraries)}`,
    ...(replay === undefined
      ? [`-javaagent:${command.jolokiaAgent}=config=${command.jolokiaProperties}`]
      : []),
    ...runtimeOptions(command.javaMajor),
    `-Djava.io.tmpdir=${command.temporary}`,
    `-Dcassandra.config=file://${join(command.configuration, 'cassandra.yaml')}`,
    `-Dlogback.configurationFile=${logback}`,
    `-Dcassandra.storagedir=${command.storage}`,
    '-Dcassandra-foreground=yes',
    '-Djava.net.preferIPv4Stack=true',
    // No superuser with a known password: the stand-in makes the first one, see Internal.java.
    '-Dcassandra.superuser_setup_delay_ms=2147483647',
    // Twice Cassandra's own write timeout, which `settings.ts` makes longer: batches are to be replayed no later than elsewhere.
    '-Dcassandra.batchlog.replay_timeout_in_ms=4000',
    // How much memory a row takes beside its cells is measured at each start with 100,000 rows: a second of it, or more.
    '-Dcassandra.memtable_row_overhead_computation_step=1000',
    // Its clock of approximate times wakes up every 2 ms otherwise, for one or two percent of a core in each idle node.
    '-Dcassandra.approximate_time_precision_ms=20',
    ...command.options,
    ...(replay === undefined ? [] : [`-Dkassette.replay=${replay}`]),
    '-cp',
    // The libraries first: Java uses an archive of theirs only so, and none that was made with directories. The directory of a replay before
    // the configuration: both may have settings of the commit log's archive.
    [
      join(command.libraries, '*'),
      ...command.classPath,
      ...(replay === undefined ? [] : [replay]),
      command.configuration,
    ].join(':'),
    replay === undefined ? 'kassette.Cassandra' : 'kassette.Replay',
  ];
}

/**
 * For a node that joins a ring with rows in it, and for one that may be no seed. Cassandra's own ring delay is left: a node that has not
 * heard of the schema by its end joins without it, and takes no rows over; one that no seed has answered by twice of it ends,
 * and cass-operator starts that pod again only after ten minutes.
 */
export const QUICK_JOIN = [
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.load_ring_state=true',
] as const;

/** What makes a ring of a few nodes on one machine start in seconds, where all of them are seeds. */
export const QUICK_START = ['-Dcassandra.ring_delay_ms=2000', ...QUICK_JOIN] as const;

function jamm(libraries: string): string {
  const jar = readdirSync(libraries).find((name) => name.startsWith('jamm-'));
  return join(libraries, jar ?? 'jamm.jar');
}

/** Cassandra's own lists for these Java releases: it looks into the runtime's internals. */
export function runtimeOptions(javaMajor: number): readonly string[] {
  return javaMajor >= 17 ? java17Options() : java11Options();
}

function java17Options(): readonly string[] {
  return [
    '-Djdk.attach.allowAttachSelf=true',
    // User functions run under a security manager, which Java 17 allows only when told so.
    '-Djava.security.manager=allow',
    ...EXPORTS.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    ...OPENS.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  ];
}

function java11Options(): readonly string[] {
  return [
    '-Djdk.attach.allowAttachSelf=true',
    ...EXPORTS.map((name) => `--add-exports=${name}=ALL-UNNAMED`),
    // For the HTTP server that this runtime is given.
    '--add-exports=java.base/sun.security.action=ALL-UNNAMED',
    ...OPENS_11.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  ];
}

const EXPORTS = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.base/java.lang.ref',
  'java.base/java.lang.reflect',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.rmi/sun.rmi.transport.tcp',
  'java.sql/java.sql',
  'jdk.unsupported/sun.misc',
] as const;

const OPENS_11 = [
  'java.base/java.lang.module',
  'java.base/jdk.internal.loader',
  'java.base/jdk.internal.ref',
  'java.base/jdk.internal.reflect',
  'java.base/jdk.internal.math',
  'java.base/jdk.internal.module',
  'java.base/jdk.internal.util.jar',
  'jdk.management/com.sun.management.internal',
] as const;

const OPENS = [
  ...OPENS_11,
  'java.base/sun.nio.ch',
  'java.base/java.io',
  'java.base/java.nio',
  'java.base/java.util',
  'java.base/java.util.concurrent',
  'java.base/java.util.concurrent.atomic',
  'java.base/java.lang',
  'java.base/java.lang.reflect',
  'java.base/java.math',
  'java.base/java.net',
] as const;

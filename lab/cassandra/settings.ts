import { join } from 'node:path';
import { type Configuration, configurationSettings } from './configurations.ts';

/** One node's place in the ring and on the disk, as `cassandra.yaml` needs it. */
export interface NodeSettings {
  readonly cluster: string;
  readonly datacenter: string;
  readonly rack: string;
  readonly version: string;
  readonly configuration: Configuration;
  readonly address: string;
  readonly cqlPort: number;
  readonly seeds: readonly string[];
  readonly tokensPerNode: number;
  /** The node's fixed tokens; none lets it choose random ones and bootstrap. */
  readonly tokens: readonly string[];
  readonly volume: string;
  readonly dataDirectories: readonly string[];
  /** Settings that are added or that replace those below. */
  readonly overrides: Readonly<Record<string, unknown>>;
}

/** `cassandra.yaml` for the node, with the setting names of its release; JSON, which is YAML too. */
export function cassandraYaml(node: NodeSettings): string {
  const settings = {
    cluster_name: node.cluster,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    ...configurationSettings(node.version, node.configuration),
    ...ring(node),
    ...network(node),
    ...directories(node),
    ...security(),
    ...(isBefore41(node.version) ? olderNames() : newerNames()),
    commitlog_sync: 'periodic',
    commit_failure_policy: 'stop',
    disk_failure_policy: 'stop',
    cdc_enabled: true,
    auto_snapshot: true,
    hinted_handoff_enabled: true,
    ...node.overrides,
  };
  return `${JSON.stringify(settings, null, 2)}\n`;
}

/** `cassandra-rackdc.properties` for GossipingPropertyFileSnitch. */
export function rackProperties(node: NodeSettings): string {
  return `dc=${node.datacenter}\nrack=${node.rack}\n`;
}

/** Everything goes to one file that does not grow without bound. */
export function logbackXml(logFile: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<configuration>
  <appender name="FILE" class="ch.qos.logback.core.rolling.RollingFileAppender">
    <file>${logFile}</file>
    <rollingPolicy class="ch.qos.logback.core.rolling.FixedWindowRollingPolicy">
      <fileNamePattern>${logFile}.%i</fileNamePattern>
      <minIndex>1</minIndex>
      <maxIndex>2</maxIndex>
    </rollingPolicy>
    <triggeringPolicy class="ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy">
      <maxFileSize>20MB</maxFileSize>
    </triggeringPolicy>
    <encoder>
      <pattern>%-5level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern>
    </encoder>
  </appender>
  <root level="INFO">
    <appender-ref ref="FILE"/>
  </root>
</configuration>
`;
}

/** Every node of a ring with fixed tokens is a seed: so all of them can start at the same time. */
function ring({ tokens, tokensPerNode }: NodeSettings) {
  // Cassandra's own default is a single one: such a node takes hardly any rows over.
  if (tokens.length === 0) return { num_tokens: tokensPerNode };
  return { num_tokens: tokens.length, initial_token: tokens.join(','), auto_bootstrap: false };
}

function network(node: NodeSettings) {
  return {
    listen_address: node.address,
    rpc_address: node.address,
    native_transport_port: node.cqlPort,
    start_native_transport: true,
    endpoint_snitch: 'GossipingPropertyFileSnitch',
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: node.seeds.join(',') }],
      },
    ],
  };
}

function directories(node: NodeSettings) {
  return {
    data_file_directories: [...node.dataDirectories],
    commitlog_directory: join(node.volume, 'commitlog'),
    hints_directory: join(node.volume, 'hints'),
    saved_caches_directory: join(node.volume, 'saved_caches'),
    cdc_raw_directory: join(node.volume, 'cdc_raw'),
  };
}

/** Passwords and authorisation on, as cass-operator configures a datacenter. */
function security() {
  return {
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    role_manager: 'CassandraRoleManager',
  };
}

/** Requests that wait long: three nodes share one small machine, and a slow one is not a dead one. */
const PATIENCE_MS = 30_000;

/**
 * How long what is acknowledged may be in memory alone. With direct I/O, which 5.0 uses where it can, a copy of a volume or a
 * killed node has nothing that was not synced; Cassandra's own ten seconds would make every copy one of ten seconds ago.
 */
const SYNC_MS = 100;

function newerNames() {
  return {
    read_request_timeout: `${PATIENCE_MS}ms`,
    range_request_timeout: `${PATIENCE_MS}ms`,
    write_request_timeout: `${PATIENCE_MS}ms`,
    counter_write_request_timeout: `${PATIENCE_MS}ms`,
    commitlog_sync_period: `${SYNC_MS}ms`,
    commitlog_segment_size: '4MiB',
    commitlog_total_space: '64MiB',
    cdc_total_space: '256MiB',
    materialized_views_enabled: true,
    user_defined_functions_enabled: true,
  };
}

function olderNames() {
  return {
    read_request_timeout_in_ms: PATIENCE_MS,
    range_request_timeout_in_ms: PATIENCE_MS,
    write_request_timeout_in_ms: PATIENCE_MS,
    counter_write_request_timeout_in_ms: PATIENCE_MS,
    commitlog_sync_period_in_ms: SYNC_MS,
    commitlog_segment_size_in_mb: 4,
    commitlog_total_space_in_mb: 64,
    cdc_total_space_in_mb: 256,
    enable_materialized_views: true,
    enable_user_defined_functions: true,
  };
}

function isBefore41(version: string): boolean {
  return version.startsWith('4.0.');
}

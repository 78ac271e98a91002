import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClusterFile,
  type ClusterNode,
  clusterFilePath,
} from '../../src/adapters/embedded/cluster-file.ts';
import { LauncherError } from '../../src/adapters/embedded/nodes/launcher-error.ts';
import { nodePlaces } from '../../src/adapters/embedded/nodes/node-places.ts';
import {
  ARCHIVE,
  ARCHIVE_SCRIPT,
  archivingProperties,
  PROPERTIES_FILE,
  SCRIPT_FILE,
} from '../../src/domain/archive/archiving.ts';
import { QUICK_JOIN, QUICK_START } from '../cassandra/command-line.ts';
import type { Configuration } from '../cassandra/configurations.ts';
import type { Distribution } from '../cassandra/distribution.ts';
import { cassandraYaml, logbackXml, rackProperties } from '../cassandra/settings.ts';
import { initialTokens } from '../cassandra/tokens.ts';
import type { NodeFileInput } from './node-file.ts';
import { certificate } from './tls.ts';

const TOKENS_PER_NODE = 16;
const MANAGEMENT_PORT = 8080;
const JOLOKIA_PORT = 8778;
const CQL_PORT = 9042;

/** What an embedded cluster is to be like. */
export interface ClusterShape {
  readonly directory: string;
  readonly version: string;
  /** Which of the release's own files the settings start from. */
  readonly configuration: Configuration;
  /** First three numbers of the nodes' addresses, such as `127.0.0`. */
  readonly subnet: string;
  readonly nodes: number;
  /** How many of them, the last ones, join a cluster that is there: they choose their tokens and take their rows over. */
  readonly joining: number;
  /** HTTPS with client certificates on the management APIs. */
  readonly tls: boolean;
  readonly cluster: string;
  readonly datacenter: string;
  readonly rack: string;
  /** How many data directories each node has. */
  readonly dataDirectories: number;
  /** Java heap of one Cassandra, in megabytes. */
  readonly memory: number;
  /** Settings for cassandra.yaml, replacing the launcher's own where they have the same name. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly jvmOptions: readonly string[];
  /** Milliseconds after which the management APIs give up a call to Cassandra, which goes on. */
  readonly callLimitMs: number;
  /** Whether each node keeps its finished commit log segments in its volume, `kassette/commitlog`. */
  readonly archive: boolean;
  /** Node i offers JMX for nodetool on 127.0.0.1 at this port plus i. */
  readonly jmxBasePort?: number;
}

/** Writes every configuration file, and `cluster.json` last; volumes are left as they are. */
export async function writeLayout(shape: ClusterShape, distribution: Distribution): Promise<ClusterFile> {
  mkdirSync(shape.directory, { recursive: true });
  const nodes = Array.from({ length: shape.nodes }, (_, index) => describeNode(shape, index));
  const founders = nodes.slice(0, shape.nodes - shape.joining);
  const tokens = initialTokens(founders.length, TOKENS_PER_NODE);
  for (const [index, node] of nodes.entries()) {
    writeConfiguration(shape, founders, node, tokens[index] ?? []);
    const start = founders.includes(node) ? QUICK_START : QUICK_JOIN;
    const file = await describeProcess(shape, distribution, node, start);
    writeFileSync(nodePlaces(shape.directory, node.name).nodeFile, pretty(file));
  }
  const tls = shape.tls ? await certificate(join(shape.directory, 'tls'), 'client') : undefined;
  const cluster: ClusterFile = {
    format: 1,
    cluster: shape.cluster,
    cassandraVersion: shape.version,
    datacenters: [{ name: shape.datacenter, nodes }],
    ...(tls === undefined ? {} : { tls }),
    superuser: writeSuperuser(shape),
  };
  writeFileSync(clusterFilePath(shape.directory), pretty(cluster));
  return cluster;
}

function describeNode(shape: ClusterShape, index: number): ClusterNode {
  const name = `${shape.cluster}-${shape.datacenter}-${shape.rack}-sts-${index}`;
  const address = `${shape.subnet}.${index + 1}`;
  const { volume } = nodePlaces(shape.directory, name);
  const dataDirectories = Array.from({ length: shape.dataDirectories }, (_, number) =>
    join(volume, number === 0 ? 'data' : `data${number + 1}`),
  );
  return {
    name,
    rack: shape.rack,
    address,
    cqlPort: CQL_PORT,
    volume,
    dataDirectories,
    managementUrl: `${shape.tls ? 'https' : 'http'}://${address}:${MANAGEMENT_PORT}`,
    ...(shape.jmxBasePort === undefined ? {} : { jmxPort: shape.jmxBasePort + index }),
  };
}

function writeConfiguration(
  shape: ClusterShape,
  seeds: readonly ClusterNode[],
  node: ClusterNode,
  tokens: readonly string[],
): void {
  const places = nodePlaces(shape.directory, node.name);
  for (const place of [places.configuration, places.logs, places.run, places.volume]) {
    mkdirSync(place, { recursive: true });
  }
  const settings = {
    ...shape,
    ...node,
    seeds: seeds.map((one) => one.address),
    tokensPerNode: TOKENS_PER_NODE,
    tokens,
    overrides: shape.settings,
  };
  const write = (file: string, content: string) => writeFileSync(join(places.configuration, file), content);
  write('cassandra.yaml', cassandraYaml(settings));
  write('cassandra-rackdc.properties', rackProperties(settings));
  write('logback.xml', logbackXml(join(places.logs, 'system.log')));
  writeArchiving(shape, places.configuration, node.volume);
}

/** Read at each start of Cassandra: a cluster that is brought up without `archive` archives no more. */
function writeArchiving({ archive }: ClusterShape, configuration: string, volume: string): void {
  const [properties, script] = [join(configuration, PROPERTIES_FILE), join(configuration, SCRIPT_FILE)];
  if (!archive) {
    for (const path of [properties, script]) rmSync(path, { force: true });
    return;
  }
  if (/\s/.test(`${script}${volume}`))
    throw new LauncherError(
      `${volume} has a blank in it, and Cassandra splits its archive command at blanks.`,
      'Choose another --directory, or leave out --archive.',
    );
  // There from the beginning, so that the first backup knows that there will be one.
  mkdirSync(join(volume, ARCHIVE), { recursive: true });
  writeFileSync(script, ARCHIVE_SCRIPT);
  writeFileSync(properties, archivingProperties(script, volume));
}

async function describeProcess(
  shape: ClusterShape,
  distribution: Distribution,
  node: ClusterNode,
  start: readonly string[],
): Promise<NodeFileInput> {
  const places = nodePlaces(shape.directory, node.name);
  const tls = shape.tls
    ? { tls: await certificate(join(shape.directory, 'tls'), node.name, node.address) }
    : {};
  const { classArchive, ...program } = distribution;
  const sharing =
    classArchive === undefined
      ? {}
      : { classSharing: { archive: classArchive, list: join(places.run, 'classes.list') } };
  const jmx = node.jmxPort === undefined ? [] : [`-Dcassandra.jmx.local.port=${node.jmxPort}`];
  return {
    name: node.name,
    management: { host: node.address, port: MANAGEMENT_PORT, callLimitMs: shape.callLimitMs, ...tls },
    jolokia: { host: node.address, port: JOLOKIA_PORT },
    cassandra: {
      ...program,
      ...sharing,
      configuration: places.configuration,
      storage: node.volume,
      heapMegabytes: shape.memory,
      options: [...start, ...jmx, ...shape.jvmOptions],
    },
    run: places.run,
    logs: places.logs,
  };
}

/** A random password, made once for a directory: restored volumes know it too. */
function writeSuperuser(shape: ClusterShape): string {
  const path = join(shape.directory, 'superuser.json');
  if (!existsSync(path)) {
    const credentials = {
      username: `${shape.cluster}-superuser`,
      password: randomBytes(18).toString('base64url'),
    };
    writeFileSync(path, pretty(credentials), { mode: 0o600 });
  }
  chmodSync(path, 0o600);
  return path;
}

function pretty(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

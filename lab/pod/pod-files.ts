import { join } from 'node:path';
import { QUICK_JOIN } from '../cassandra/command-line.ts';
import { defaultConfiguration } from '../cassandra/configurations.ts';
import { cassandraYaml, logbackXml, type NodeSettings, rackProperties } from '../cassandra/settings.ts';
import type { NodeFileInput } from '../cluster/node-file.ts';
import { type ConfigData, heapMegabytes, jvmOptionsOf } from './config-data.ts';
import { POD } from './pod-places.ts';

/** What the init container learns from its environment, and the image from its own file. */
export interface PodFacts {
  readonly pod: string;
  readonly address: string;
  readonly rack: string;
  readonly config: ConfigData;
  readonly distribution: Omit<
    NodeFileInput['cassandra'],
    'configuration' | 'storage' | 'heapMegabytes' | 'options'
  > & { readonly version: string };
}

const MANAGEMENT_PORT = 8080;
const JOLOKIA_PORT = 8778;
const CQL_PORT = 9042;
const TOKENS_PER_NODE = 16;
const HEAP_MEGABYTES = 512;

/** Service names change their addresses with every pod: Java is to keep none for long. */
const FRESH_NAMES = ['-Dsun.net.inetaddr.ttl=2', '-Dsun.net.inetaddr.negative.ttl=1'] as const;

/** The files of `/config`, by name. */
export function podFiles(facts: PodFacts): Readonly<Record<string, string>> {
  const settings = nodeSettings(facts);
  return {
    'cassandra.yaml': cassandraYaml(settings),
    'cassandra-rackdc.properties': rackProperties(settings),
    'logback.xml': logbackXml(join(POD.logs, 'system.log')),
    'node.json': `${JSON.stringify(nodeFile(facts), null, 2)}\n`,
  };
}

function nodeSettings(facts: PodFacts): NodeSettings {
  const { config, address } = facts;
  return {
    cluster: config['cluster-info'].name,
    datacenter: config['datacenter-info'].name,
    rack: facts.rack,
    version: facts.distribution.version,
    configuration: defaultConfiguration(facts.distribution.version),
    address,
    cqlPort: CQL_PORT,
    seeds: [],
    tokensPerNode: TOKENS_PER_NODE,
    tokens: [],
    volume: POD.storage,
    dataDirectories: [join(POD.storage, 'data')],
    overrides: {
      rpc_address: '0.0.0.0',
      broadcast_rpc_address: address,
      seed_provider: [
        { class_name: 'kassette.ServiceSeeds', parameters: [{ seeds: config['cluster-info'].seeds }] },
      ],
      ...config['cassandra-yaml'],
    },
  };
}

function nodeFile({ pod, config, distribution: { version: _, ...distribution } }: PodFacts): NodeFileInput {
  return {
    name: pod,
    // Every address: the operator and kassette use the pod's, probes and the stop hook localhost.
    management: { host: '0.0.0.0', port: MANAGEMENT_PORT },
    jolokia: { host: '127.0.0.1', port: JOLOKIA_PORT },
    cassandra: {
      ...distribution,
      configuration: POD.configuration,
      storage: POD.storage,
      heapMegabytes: heapMegabytes(config) ?? HEAP_MEGABYTES,
      options: [...QUICK_JOIN, ...FRESH_NAMES, ...jvmOptionsOf(config)],
    },
    run: POD.run,
    logs: POD.logs,
  };
}

import { z } from 'zod';
import { empty, entity, json, text } from '../answer.ts';
import { type Ring, unreachableLevel } from '../cassandra/consistency.ts';
import { STORAGE } from '../cassandra/jmx.ts';
import { endpointStates } from '../endpoint-states.ts';
import type { Call, Route } from '../route.ts';

export const METADATA_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v0/metadata/versions/release',
    produces: 'text',
    operation: 'getReleaseVersion',
    handle: async (call) => text(await releaseVersion(call)),
  },
  {
    method: 'GET',
    path: '/api/v0/metadata/versions/features',
    produces: 'json',
    operation: 'getFeatures',
    handle: async (call) =>
      json({ cassandra_version: await releaseVersion(call), mgmt_version: '', features: FEATURES }),
  },
  {
    method: 'GET',
    path: '/api/v0/metadata/localdc',
    produces: 'text',
    operation: 'getLocalDataCenter',
    handle: async ({ connection }) => text(String(await (await connection.jmx()).read(SNITCH, 'Datacenter'))),
  },
  {
    method: 'GET',
    path: '/api/v0/metadata/endpoints',
    produces: 'json',
    operation: 'getEndpointStates',
    handle: async ({ connection }) => entity(await endpointStates(await connection.jmx())),
  },
  {
    method: 'GET',
    path: '/api/v1/ops/node/schema/versions',
    produces: 'json',
    operation: 'getSchemaVersions',
    handle: schemaVersions,
  },
  {
    method: 'GET',
    path: '/api/v0/probes/cluster',
    produces: 'text',
    operation: 'checkConsistencyLevel',
    handle: clusterProbe,
  },
  {
    method: 'POST',
    path: '/api/v0/ops/seeds/reload',
    produces: 'json',
    operation: 'reloadSeeds',
    handle: async ({ connection }) => {
      const seeds = z.array(z.string()).parse(await (await connection.jmx()).call(GOSSIPER, 'reloadSeeds'));
      // `name/address`, without the port that Cassandra adds.
      return json(seeds.map((seed) => seed.replace(/:\d+$/, '')));
    },
  },
];

const SNITCH = 'org.apache.cassandra.db:type=EndpointSnitchInfo';
const PROXY = 'org.apache.cassandra.db:type=StorageProxy';
const GOSSIPER = 'org.apache.cassandra.net:type=Gossiper';

const FEATURES = [
  'async_sstable_tasks',
  'full_query_logging',
  'rebuild',
  'async_upgrade_sstable_task',
  'async_compaction_task',
  'async_scrub_task',
  'async_move_task',
  'async_gc_task',
  'reload_internode_truststore',
  'async_flush_task',
] as const;

async function releaseVersion({ connection }: Call): Promise<string> {
  return String(await (await connection.jmx()).read(STORAGE, 'ReleaseVersion'));
}

async function schemaVersions({ connection }: Call) {
  return json(await (await connection.jmx()).read(PROXY, 'SchemaVersions'));
}

async function clusterProbe({ connection, query }: Call) {
  const states = await endpointStates(await connection.jmx());
  const ring: Ring = states.map((state) => ({
    datacenter: state['DC'] ?? '',
    local: state['IS_LOCAL'] === 'true',
  }));
  const level = query.get('consistency_level') ?? 'LOCAL_QUORUM';
  const problem = unreachableLevel(ring, level, Number(query.get('rf_per_dc') ?? 3));
  return problem === undefined ? empty(200) : json({ '[ring]': [problem] }, 500);
}

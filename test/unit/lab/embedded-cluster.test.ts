import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { configurationSettings, defaultConfiguration } from '../../../lab/cassandra/configurations.ts';
import { describeCluster, runs } from '../../../lab/cluster/describe-cluster.ts';
import { testDataset } from '../../../lab/dataset/schema/schema.ts';
import { goldenKey, newestGolden } from '../../../lab/golden.ts';

const dataset = testDataset({ release: '5.0.6', datacenter: 'cass-prd' });

test('5.0 starts from the newer of its two configurations, releases before have one', () => {
  assert.equal(defaultConfiguration('5.0.6'), 'latest');
  assert.equal(defaultConfiguration('4.1.9'), 'compatible');
  assert.deepEqual(configurationSettings('4.1.9', 'compatible'), {});
  const latest = configurationSettings('5.0.6', 'latest');
  assert.deepEqual(
    [latest['sstable'], latest['default_secondary_index'], latest['storage_compatibility_mode']],
    [{ selected_format: 'bti' }, 'sai', 'NONE'],
  );
  const changed = Object.keys(configurationSettings('5.0.6', 'compatible'));
  assert.ok(changed.length > 0 && changed.every((name) => name in latest));
});

test('a default compaction has parameters, without which Cassandra does not start', () => {
  for (const configuration of ['latest', 'compatible'] as const) {
    const { default_compaction: compaction } = configurationSettings('5.0.6', configuration);
    assert.ok(
      Object.keys((compaction as { parameters?: object }).parameters ?? {}).length > 0,
      configuration,
    );
  }
});

test('golden volumes have one key for all clusters whose volumes would be the same', () => {
  const key = goldenKey({}, dataset);
  assert.equal(
    goldenKey({ tls: true, memory: 256, settings: { a: 1 }, jvmOptions: ['-Da=b'] }, dataset),
    key,
  );
  const others = [
    goldenKey({ version: '5.0.5' }, dataset),
    goldenKey({ configuration: 'compatible' }, dataset),
    goldenKey({ subnet: '127.0.9' }, dataset),
    goldenKey({ nodes: 1 }, dataset),
    goldenKey({ dataDirectories: 2 }, dataset),
    goldenKey({}, { ...dataset, roles: [] }),
  ];
  assert.equal(new Set([key, ...others]).size, others.length + 1);
});

test('the newest golden volumes of a key are taken, for a day', (t) => {
  const home = mkdtempSync(join(tmpdir(), 'kassette-golden-'));
  t.after(() => rmSync(home, { recursive: true }));
  const [key, other] = ['0123456789abcdef', 'fedcba9876543210'];
  const now = 1_800_000_000_000;
  const hours = (n: number) => now - n * 3600_000;
  for (const name of [
    `${key}-${hours(30)}`,
    `${key}-${hours(3)}`,
    `${key}-${hours(2)}`,
    `${other}-${hours(1)}`,
    `${key}-${hours(0)}.making-x`,
  ])
    mkdirSync(join(home, name));
  assert.equal(newestGolden(home, key, now), join(home, `${key}-${hours(2)}`));
  assert.equal(newestGolden(home, key, hours(-22)), undefined);
});

test('a cluster says where its CQL and its management APIs are, and what does not run', () => {
  const node = { name: 'a-0', rack: 'r', address: '127.0.5.1', cqlPort: 9042 };
  const nodes = [
    { ...node, volume: '/d/v', dataDirectories: [], managementUrl: 'http://127.0.5.1:8080' },
  ] as const;
  const file = {
    ...({ format: 1, cluster: 'c', cassandraVersion: '5.0.6', superuser: '/d/superuser.json' } as const),
    datacenters: [{ name: 'dc', nodes }],
  };
  const processes = { name: 'a-0', agent: 12, cassandra: undefined };
  assert.deepEqual(describeCluster({ directory: '/d', file, nodes, processes: () => [processes] }), [
    'cluster c, datacenter dc, Cassandra 5.0.6',
    'a-0  CQL 127.0.5.1:9042 (down)  management API http://127.0.5.1:8080 (process 12)',
    'superuser and password: /d/superuser.json',
    'node dist/kassette.mjs status --embedded /d',
    'npm run cluster -- down --directory /d',
  ]);
  assert.ok(!runs(processes) && runs({ agent: 12, cassandra: 13 }));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfigData } from '../../../lab/pod/config-data.ts';
import { podFiles } from '../../../lab/pod/pod-files.ts';

/** As cass-operator writes it. */
const DATA = {
  'cassandra-yaml': {},
  'cluster-info': { name: 'dse', seeds: 'dse-seed-service,dse-cass-prd-additional-seed-service' },
  'datacenter-info': { 'graph-enabled': 0, name: 'cass-prd', 'solr-enabled': 0, 'spark-enabled': 0 },
};

function filesFor(config: object) {
  const files = podFiles({
    pod: 'dse-cass-prd-default-sts-0',
    address: '10.244.0.7',
    rack: 'default',
    config: parseConfigData(JSON.stringify({ ...DATA, ...config })),
    distribution: {
      version: '5.0.6',
      java: '/usr/bin/java',
      javaMajor: 17,
      libraries: '/opt/cassandra/lib',
      classPath: ['/opt/cassandra/classes'],
      jolokiaAgent: '/opt/cassandra/jolokia.jar',
    },
  });
  const read = (name: string) => JSON.parse(files[name] ?? '');
  return { files, yaml: read('cassandra.yaml'), node: read('node.json') };
}

test('a pod finds its seeds by the services and joins the ring by bootstrapping', () => {
  const { files, yaml } = filesFor({});
  assert.equal(yaml.cluster_name, 'dse');
  assert.equal(yaml.listen_address, '10.244.0.7');
  assert.equal(yaml.broadcast_rpc_address, '10.244.0.7');
  assert.equal(yaml.num_tokens, 16);
  assert(!('initial_token' in yaml) && !('auto_bootstrap' in yaml));
  assert.deepEqual(yaml.seed_provider, [
    { class_name: 'kassette.ServiceSeeds', parameters: [{ seeds: DATA['cluster-info'].seeds }] },
  ]);
  assert.equal(files['cassandra-rackdc.properties'], 'dc=cass-prd\nrack=default\n');
});

test('a pod of 5.0 starts from the configuration that the builder of the operator takes', () => {
  assert.deepEqual(filesFor({}).yaml.sstable, { selected_format: 'bti' });
  const { yaml } = filesFor({ 'cassandra-yaml': { sstable: { selected_format: 'big' } } });
  assert.deepEqual(yaml.sstable, { selected_format: 'big' });
  assert.equal(yaml.storage_compatibility_mode, 'NONE');
});

test("what the user's configuration says wins", () => {
  const { yaml, node } = filesFor({
    'cassandra-yaml': { num_tokens: 4, commitlog_segment_size: '32MiB' },
    'jvm-server-options': { max_heap_size: '1G', 'additional-jvm-opts': ['-Da=b'] },
    'cassandra-env-sh': { 'additional-jvm-opts': ['-Dc=d'] },
  });
  assert.equal(yaml.num_tokens, 4);
  assert.equal(yaml.commitlog_segment_size, '32MiB');
  assert.equal(node.cassandra.heapMegabytes, 1024);
  assert.deepEqual(node.cassandra.options.slice(-2), ['-Da=b', '-Dc=d']);
});

test('a heap of unreadable size is refused', () => {
  assert.throws(() => filesFor({ 'jvm-server-options': { max_heap_size: 'much' } }), /much is no size/);
});

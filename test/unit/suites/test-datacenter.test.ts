import assert from 'node:assert/strict';
import { test } from 'node:test';
import { referenceDatacenter } from '../../e2e/bed/image/reference-datacenter.ts';
import { testDatacenter } from '../../e2e/bed/image/test-datacenter.ts';

test('the test datacenter is the example with what one small machine needs', () => {
  const { metadata, spec } = testDatacenter(referenceDatacenter(), {
    namespace: 'other',
    racks: ['r1', 'r2', 'r3'],
    version: '4.0.1',
    settings: { num_tokens: 4 },
  });
  assert.deepEqual(metadata, { name: 'cass-prd', namespace: 'other' });
  assert.equal(spec.clusterName, 'dse');
  assert.equal(spec['size'], 3);
  assert.deepEqual(spec['racks'], [{ name: 'r1' }, { name: 'r2' }, { name: 'r3' }]);
  assert.equal(spec['serverImage'], 'kassette.test/cassandra:4.0.1');
  assert.equal(spec.config?.['jvm-server-options']?.['max_heap_size'], '512M');
  assert.equal(spec.config?.['cassandra-yaml']?.['num_tokens'], 4);
  assert.equal(spec.config?.['cassandra-yaml']?.['authenticator'], 'PasswordAuthenticator');
});

test('the reference is left as it is', () => {
  const reference = referenceDatacenter();
  testDatacenter(reference, { name: 'x', size: 1 });
  assert.deepEqual(reference, referenceDatacenter());
});

test('on 5.0 the older configuration is asked for as a user would; before, it is the only one', () => {
  const settings = (version: string) => {
    const { spec } = testDatacenter(referenceDatacenter(), { version, configuration: 'compatible' });
    return spec.config?.['cassandra-yaml'] ?? {};
  };
  assert.deepEqual(settings('5.0.6')['sstable'], { selected_format: 'big' });
  assert.equal(settings('5.0.6')['authenticator'], 'PasswordAuthenticator');
  assert.ok(!('sstable' in settings('4.0.1')));
});

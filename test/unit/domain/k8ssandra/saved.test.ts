import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusToWrite } from '../../../../src/domain/k8ssandra/cure.ts';
import type { K8ssandraState } from '../../../../src/domain/k8ssandra/restoring.ts';
import {
  parseSaved,
  type ReadK8ssandra,
  renderSaved,
  type SavedK8ssandra,
  savedOf,
} from '../../../../src/domain/k8ssandra/saved.ts';
import { HOST_IDS, RECORDED_CLUSTER } from '../../support/recorded-k8ssandra.ts';

// What a backup keeps of a K8ssandraCluster, and what of that is believed when it comes back in a volume that anybody may have written.

const SECRETS = [{ namespace: 'k8ss', names: ['tworings-superuser'] }];
const keep = (object: ReadK8ssandra = RECORDED_CLUSTER) => savedOf(object, 'Two Rings', SECRETS);
const read = (text: string) => parseSaved('n1', text);
const SPEC: K8ssandraState['spec'] = {
  ...{ namespace: 'k8ss', name: 'two', clusterName: 'Two Rings' },
  datacenters: [
    { name: 'dc1', namespace: 'k8ss' },
    { name: 'dc2', namespace: 'k8ss-b' },
  ],
};
const FRESH: K8ssandraState = { spec: SPEC, rebuilds: null, known: [], conditions: [], error: null };

test('the recorded object comes back as it was, its status included', () => {
  const saved = read(renderSaved(keep()));
  assert.deepEqual(saved, keep());
  assert.deepEqual(saved.spec, RECORDED_CLUSTER.spec);
  assert.deepEqual(saved.status.conditions, RECORDED_CLUSTER.status.conditions);
  assert.deepEqual(Object.keys(saved.status.datacenters), ['dc1', 'dc2']);
  const { cassandra } = saved.status.datacenters['dc1'] ?? assert.fail();
  const { conditions = [], ...others } = cassandra;
  const { conditions: recorded, ...whole } = RECORDED_CLUSTER.status.datacenters.dc1.cassandra;
  assert.deepEqual(others, whole);
  assert.deepEqual(
    conditions.map(({ type, status }) => ({ type, status })),
    recorded,
  );
  assert.deepEqual(saved.omitted, []);
});

test('no password is kept outside a secret: settings, variables, options and what kubectl copied', () => {
  const secret = 'hunter2';
  const object = {
    ...RECORDED_CLUSTER,
    metadata: {
      ...RECORDED_CLUSTER.metadata,
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': `{"password":"${secret}"}`,
        other: 'stays',
      },
    },
    spec: {
      superuserSecretRef: { name: 'mine' },
      cassandra: {
        config: {
          cassandraYaml: {
            num_tokens: 16,
            client_encryption_options: { keystore: '/a', keystore_password: secret },
          },
          jvmOptions: { additionalOptions: [`-Djavax.net.ssl.keyStorePassword=${secret}`, '-Xmx1G'] },
        },
        containers: [
          {
            name: 'c',
            env: [
              { name: 'AWS_SECRET_ACCESS_KEY', value: secret },
              { name: 'B', value: 'b' },
            ],
          },
        ],
      },
    },
  };
  const saved = keep(object);
  assert.ok(!renderSaved(saved).includes(secret));
  assert.deepEqual(saved.annotations, { other: 'stays' });
  assert.deepEqual(saved.spec['superuserSecretRef'], { name: 'mine' });
  assert.match(renderSaved(saved), /"num_tokens": 16/);
  assert.deepEqual(saved.omitted, [
    'spec.cassandra.config.cassandraYaml.client_encryption_options.keystore_password',
    'spec.cassandra.config.jvmOptions.additionalOptions[0]',
    'spec.cassandra.containers[0].env[0].value',
  ]);
});

test('a status of a release that is not known does not keep a backup from being made: what is not known is left out', () => {
  const datacenters = {
    dc1: {
      cassandra: { newer: 1, observedGeneration: 'x', quietPeriod: '2026-01-01T00:00:00Z' },
      reaper: {},
    },
  };
  const { status } = keep({ ...RECORDED_CLUSTER, status: { datacenters, conditions: [{ type: 'Newer' }] } });
  assert.deepEqual(status, {
    datacenters: { dc1: { cassandra: { quietPeriod: '2026-01-01T00:00:00Z' } } },
    conditions: [],
  });
  assert.deepEqual(keep({ ...RECORDED_CLUSTER, status: undefined }).status, {
    datacenters: {},
    conditions: [],
  });
});

/** The kept text with one value in another form. */
function altered(change: (saved: Record<string, unknown>) => void): string {
  const saved: Record<string, unknown> = JSON.parse(renderSaved(keep()));
  change(saved);
  return JSON.stringify(saved);
}

test('what is not what kassette writes is refused as a whole', () => {
  const inStatus = (change: (status: { datacenters: Record<string, Record<string, unknown>> }) => void) =>
    altered((s) => change(s['status'] as never));
  for (const text of [
    '',
    'null',
    '[]',
    altered((s) => Object.assign(s, { version: 2 })),
    altered((s) => Object.assign(s, { more: 1 })),
    altered((s) => Object.assign(s, { name: '../two' })),
    inStatus((s) => Object.assign(s, { error: 'x' })),
    inStatus((s) => Object.assign(s.datacenters, { 'dc1/x': { cassandra: {} } })),
    inStatus((s) => Object.assign(s.datacenters['dc1'] ?? {}, { decommissionProgress: 'Decommissioning' })),
    inStatus((s) => Object.assign(s.datacenters['dc1']?.['cassandra'] ?? {}, { metadataVersion: 1 })),
    inStatus((s) =>
      Object.assign(s.datacenters['dc1']?.['cassandra'] ?? {}, {
        conditions: [{ type: 'Ready\n', status: 'True' }],
      }),
    ),
  ])
    assert.throws(() => read(text), { code: 'MANIFEST_DAMAGED' }, text);
});

const writes = (now: Partial<K8ssandraState>, saved: SavedK8ssandra = keep(), ids = HOST_IDS) =>
  statusToWrite(saved, { ...FRESH, ...now }, ids);
const written = (...given: Parameters<typeof writes>) => Object.keys(writes(...given)?.datacenters ?? {});

test('what the status lacks is written, and nothing else', () => {
  assert.deepEqual(writes({}), keep().status);
  assert.deepEqual(written({ known: ['dc1'] }), ['dc2']);
  assert.equal(writes({ known: ['dc1', 'dc2'] }), null);
  const conditions = [{ type: 'CassandraInitialized', status: 'False' }];
  assert.deepEqual(writes({ conditions })?.conditions, [
    ...conditions,
    { type: 'RequiresUpdate', status: 'False' },
  ]);
});

test('only of datacenters that the spec declares, with exactly the nodes of the backup, of the same Cassandra cluster', () => {
  const [dc1, dc2] = SPEC.datacenters;
  assert.ok(dc1 && dc2);
  const renamed = { ...SPEC, datacenters: [dc1, { ...dc2, name: 'dc3' }] };
  assert.deepEqual(written({ spec: renamed }), ['dc1']);
  assert.deepEqual(written({}, keep(), new Map([...HOST_IDS, ['dc2', ['x']]])), ['dc1']);
  assert.deepEqual(written({}, keep(), new Map([['dc1', HOST_IDS.get('dc1') ?? []]])), ['dc1']);
  assert.equal(writes({ spec: { ...SPEC, clusterName: 'Other' } }), null);
  // One that a volume says to be there beside them.
  const more = { ...keep().status.datacenters, dc9: { cassandra: {} } };
  assert.deepEqual(written({}, { ...keep(), status: { ...keep().status, datacenters: more } }), [
    'dc1',
    'dc2',
  ]);
  // A single datacenter is adopted without one.
  assert.equal(writes({ spec: { ...SPEC, datacenters: [dc1] } }), null);
});

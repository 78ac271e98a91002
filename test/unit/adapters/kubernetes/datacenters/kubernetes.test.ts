import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cassandraDatacenter,
  dnsName,
  encryptsClients,
  labelValue,
  pod,
  superuserSecret,
} from '../../../../../src/adapters/kubernetes/client/resources.ts';
import { podProgress, unready } from '../../../../../src/adapters/kubernetes/datacenters/readiness.ts';

function datacenter(spec: object = {}, status: object | null = READY, metadata: object = {}) {
  const given = { clusterName: 'dse', size: 1, ...spec };
  return cassandraDatacenter.parse({
    metadata: { name: 'cass-prd', ...metadata },
    spec: given,
    ...(status === null ? {} : { status }),
  });
}

const READY = {
  cassandraOperatorProgress: 'Ready',
  conditions: [
    { type: 'Ready', status: 'True' },
    { type: 'Initialized', status: 'True' },
  ],
};

const withCondition = (type: string) => ({
  ...READY,
  conditions: [...READY.conditions, { type, status: 'True' }],
});

function podIn(status: object, labels: Record<string, string> = {}) {
  return pod.parse({ metadata: { name: 'p-0', labels }, spec: { containers: [] }, status });
}

const UP = podIn({ podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: 'True' }] });

test('names are cleaned as cass-operator cleans them', () => {
  assert.equal(dnsName('dse'), 'dse');
  assert.equal(dnsName('My_Cluster 1'), 'my-cluster');
  assert.equal(labelValue('Kept Apart'), 'KeptApart');
  assert.equal(superuserSecret(datacenter({ clusterName: 'My_Cluster' })), 'my-cluster-superuser');
  assert.equal(superuserSecret(datacenter({ superuserSecretName: 'root' })), 'root');
});

test('a datacenter is ready when cass-operator says so and all its pods are there', () => {
  assert.equal(unready(datacenter(), [UP]), null);
});

for (const [what, subject, pods, expected] of [
  ['stopped', datacenter({ stopped: true }), [UP], 'is stopped (spec.stopped)'],
  ['deleted', datacenter({}, READY, { deletionTimestamp: 'now' }), [UP], 'is being deleted'],
  ['new', datacenter({}, null), [], 'is being created'],
  ['scaled up', datacenter({}, withCondition('ScalingUp')), [UP], 'is being scaled up'],
  ['updated', datacenter({}, withCondition('Updating')), [UP], 'is being updated'],
  ['restarted', datacenter({}, withCondition('RollingRestart')), [UP], 'is being restarted'],
  ['replaced', datacenter({ replaceNodes: ['p-0'] }), [UP], 'has pods to be replaced (p-0)'],
  ['short of pods', datacenter({ size: 2 }), [UP], 'has 1 of 2 pods'],
  [
    'unscheduled',
    datacenter(),
    [podIn({ conditions: [{ type: 'PodScheduled', status: 'False', message: 'no room' }] })],
    'has pods that are not ready; p-0: not scheduled: no room',
  ],
  [
    'without its image',
    datacenter(),
    [
      podIn({
        containerStatuses: [
          { name: 'cassandra', ready: false, state: { waiting: { reason: 'ErrImagePull' } } },
        ],
      }),
    ],
    'has pods that are not ready; p-0: container cassandra waits: ErrImagePull',
  ],
  [
    'starting',
    datacenter(),
    [podIn({}, { 'cassandra.datastax.com/node-state': 'Starting' })],
    'has pods that are not ready; p-0: Cassandra is Starting',
  ],
] as const) {
  test(`one that is ${what} says so`, () => {
    assert.equal(unready(subject, pods)?.reason, expected);
  });
}

test('only clients that must use TLS are kept away', () => {
  const options = (o: object) =>
    datacenter({ config: { 'cassandra-yaml': { client_encryption_options: o } } });
  assert.equal(encryptsClients(options({ enabled: true })), true);
  assert.equal(encryptsClients(options({ enabled: 'true', optional: true })), false);
  assert.equal(encryptsClients(datacenter()), false);
});

const SCHEDULED = { type: 'PodScheduled', status: 'True' };
const INITIALIZED = { type: 'Initialized', status: 'True' };
const READY_POD = { type: 'Ready', status: 'True' };
const inState = (state: string, conditions: readonly object[], rest: object = {}) =>
  podIn({ podIP: '10.0.0.1', conditions, ...rest }, { 'cassandra.datastax.com/node-state': state });
const waitsWith = (reason: string) => ({
  containerStatuses: [{ name: 'cassandra', ready: false, state: { waiting: { reason } } }],
});

test('a pod gets further from the first condition to the last, and is coming until it is ready', () => {
  const way = [
    podIn({}),
    podIn({ conditions: [SCHEDULED], ...waitsWith('PodInitializing') }),
    inState('Ready-to-Start', [SCHEDULED, INITIALIZED]),
    inState('Starting', [SCHEDULED, INITIALIZED]),
    inState('Started', [SCHEDULED, INITIALIZED, READY_POD]),
  ].map(podProgress);
  assert.deepEqual(
    way.map(({ steps, ready, coming }) => [steps, ready, coming]),
    [
      [0, false, true],
      [1, false, true],
      [2, false, true],
      [3, false, true],
      [4, true, false],
    ],
  );
});

for (const [what, subject, expected] of [
  ['without a place', podIn({ conditions: [{ type: 'PodScheduled', status: 'False' }] }), false],
  [
    'that crashes again and again',
    podIn({ conditions: [SCHEDULED], ...waitsWith('CrashLoopBackOff') }),
    false,
  ],
  ['whose Cassandra is gone', inState('Started-not-Ready', [SCHEDULED, INITIALIZED]), false],
  [
    'that is being deleted',
    pod.parse({ metadata: { name: 'p', deletionTimestamp: 'now' }, spec: { containers: [] } }),
    true,
  ],
] as const) {
  test(`a pod ${what} is ${expected ? '' : 'not '}coming`, () => {
    assert.equal(podProgress(subject).coming, expected);
  });
}

test('cass-operator is at work on a datacenter that it changes, and not on one with a node down', () => {
  const notReady = { ...READY, conditions: [{ type: 'Initialized', status: 'True' }] };
  for (const [subject, atWork] of [
    [datacenter({}, withCondition('Updating')), true],
    [datacenter({}, { ...READY, cassandraOperatorProgress: 'Updating' }), true],
    [datacenter({}, null), true],
    [datacenter({}, notReady), false],
    [datacenter({ size: 2 }), false],
  ] as const)
    assert.equal(unready(subject, [UP])?.atWork, atWork);
});

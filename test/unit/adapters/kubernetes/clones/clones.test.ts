import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1PersistentVolumeClaim, V1Pod } from '@kubernetes/client-node';
import { cloneClaims } from '../../../../../src/adapters/kubernetes/clones/clone-claims.ts';
import { CLONE, cloneJob, hostOf } from '../../../../../src/adapters/kubernetes/clones/clone-job.ts';
import { jobName } from '../../../../../src/adapters/kubernetes/clones/clone-pods.ts';
import { MountedClones } from '../../../../../src/adapters/kubernetes/clones/mounted-clones.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { orFull } from '../../../../../src/engine/tables/transfer/full.ts';

const WHEN = '2026-03-01-08-30-00';

const claim = (name: string, more: object = {}): V1PersistentVolumeClaim => ({ metadata: { name }, ...more });

function pod(name: string, spec: object = {}): V1Pod {
  const volumes = [{ name: 'server-data', persistentVolumeClaim: { claimName: `server-data-${name}` } }];
  const labels = { 'cassandra.datastax.com/datacenter': 'd' };
  return {
    metadata: { name, labels },
    spec: { nodeName: `on-${name}`, volumes, containers: [{ name: 'cassandra' }], ...spec },
  };
}

const PODS = [pod('c-d-r-sts-0'), pod('c-d-r-sts-1'), pod('other-d-r-sts-0')];

test('clones are claims of that ending, but no live ones, none that go, and none of another datacenter', () => {
  const clones = cloneClaims(
    [
      claim('server-data-c-d-r-sts-0'),
      claim(`server-data-c-d-r-sts-0-${WHEN}`),
      claim(`server-data-renamed-${WHEN}`, { spec: { accessModes: ['ReadWriteOncePod'] } }),
      claim(`server-data-other-d-r-sts-0-${WHEN}`),
      claim(`something-else-${WHEN}`),
      claim('server-data-c-d-r-sts-1-2026-02-01-08-30-00'),
      { metadata: { name: `server-data-c-d-r-sts-1-${WHEN}`, deletionTimestamp: new Date() } },
    ],
    PODS,
    ['c-d-r-sts-0', 'c-d-r-sts-1'],
    [WHEN],
  );
  assert.deepEqual(
    clones.map(({ name, forOnePod, likely }) => [name, forOnePod, likely?.spec?.nodeName]),
    [
      [`server-data-c-d-r-sts-0-${WHEN}`, false, 'on-c-d-r-sts-0'],
      [`server-data-renamed-${WHEN}`, true, undefined],
    ],
  );
});

test('clones may end in one of several ways; where two fit, the longer one is no part of the name', () => {
  const claims = ['x-0', 'c-d-r-sts-0-x-0', 'c-d-r-sts-1-y', 'c-d-r-sts-1-z'].map((n) =>
    claim(`server-data-${n}`),
  );
  const clones = cloneClaims(claims, PODS, ['c-d-r-sts-0', 'c-d-r-sts-1'], ['0', 'x-0', 'y']);
  assert.deepEqual(
    clones.map(({ name, likely }) => [name, likely?.spec?.nodeName]),
    [
      ['server-data-x-0', undefined],
      ['server-data-c-d-r-sts-0-x-0', 'on-c-d-r-sts-0'],
      ['server-data-c-d-r-sts-1-y', 'on-c-d-r-sts-1'],
    ],
  );
});

test('an ending that live claims have, too, does not make them clones', () => {
  const claims = PODS.map((p) => claim(`server-data-${p.metadata?.name}`));
  const stopped = claim('server-data-c-d-r-sts-10');
  const names = PODS.map((p) => p.metadata?.name ?? '');
  assert.deepEqual(cloneClaims([...claims, stopped], PODS, names, ['0']), []);
});

test("a Job's name fits a label, and is another one for each kind, claim and run without a lease", () => {
  const long = 'server-data-a-cluster-with-a-very-long-name-in-a-datacenter-with-one-too-default-sts';
  const names = [
    jobName('read', `${long}-0-${WHEN}`),
    jobName('read', `${long}-1-${WHEN}`),
    jobName('carry', `${long}-0-${WHEN}`),
    jobName('read', `${long}-0-${WHEN}`, '-1a2b'),
    jobName('read', 'server-data-c.d-r-sts-0-x'),
  ];
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/);
});

const CASSANDRA = pod('c-d-r-sts-0', {
  containers: [
    { name: 'other', image: 'x' },
    { name: 'cassandra', image: 'cassandra:5', imagePullPolicy: 'Never' },
  ],
  tolerations: [{ key: 'db', operator: 'Exists' }],
  imagePullSecrets: [{ name: 'pull' }],
  securityContext: { runAsUser: 1001, fsGroup: 1003, seLinuxOptions: { level: 's0:c1,c2' } },
});
const OPTIONS = { name: 'j', namespace: 'ns', component: 'clone', host: hostOf(CASSANDRA), clone: 'c' };

test('a clone is mounted read-only in a pod like those of the datacenter, which may do nothing else', () => {
  const { spec } =
    cloneJob({ ...OPTIONS, near: 'machine-1', live: undefined }).spec?.template ?? assert.fail();
  assert.deepEqual(spec?.volumes?.[0], {
    name: 'clone',
    persistentVolumeClaim: { claimName: 'c', readOnly: true },
  });
  const [container, ...more] = spec?.containers ?? [];
  assert.deepEqual(more, []);
  assert.deepEqual(container?.volumeMounts, [
    { name: 'clone', mountPath: CLONE, readOnly: true },
    { name: 'tmp', mountPath: '/tmp' },
  ]);
  assert.deepEqual([container?.image, container?.imagePullPolicy], ['cassandra:5', 'Never']);
  assert.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  assert.deepEqual(spec?.securityContext, {
    ...{ runAsNonRoot: true, runAsUser: 1001, runAsGroup: 999, fsGroup: 1003 },
    fsGroupChangePolicy: 'OnRootMismatch',
    seLinuxOptions: { level: 's0:c1,c2' },
    seccompProfile: { type: 'RuntimeDefault' },
  });
  assert.deepEqual(spec?.tolerations, [{ key: 'db', operator: 'Exists' }]);
  assert.deepEqual(spec?.imagePullSecrets, [{ name: 'pull' }]);
  assert.equal(spec?.automountServiceAccountToken, false);
  const { nodeAffinity } = spec?.affinity ?? {};
  assert.equal(nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution, undefined);
  assert.deepEqual(nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution, [
    {
      weight: 100,
      preference: { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['machine-1'] }] },
    },
  ]);
});

test('on OpenShift it has the user and groups that the namespace gave to the pod, and no others', () => {
  const given = {
    ...pod('c-d-r-sts-0', {
      containers: [
        { name: 'istio-proxy', securityContext: { runAsUser: 1337 } },
        { name: 'cassandra', image: 'i', securityContext: { runAsUser: 1000680000 } },
      ],
      serviceAccountName: 'cassandra',
      priorityClassName: 'db',
      securityContext: { fsGroup: 1000680000, seLinuxOptions: { level: 's0:c26,c15' } },
    }),
  };
  const admitted = {
    ...given,
    metadata: { ...given.metadata, annotations: { 'openshift.io/scc': 'restricted-v2' } },
  };
  const host = hostOf(admitted);
  assert.deepEqual(host.pod, {
    serviceAccountName: 'cassandra',
    priorityClassName: 'db',
    securityContext: {
      ...{ runAsNonRoot: true, runAsUser: 1000680000, fsGroup: 1000680000 },
      fsGroupChangePolicy: 'OnRootMismatch',
      seLinuxOptions: { level: 's0:c26,c15' },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  });
  const { metadata, spec } =
    cloneJob({ ...OPTIONS, host, near: 'm-1', avoid: 'm-1', live: undefined }).spec?.template ?? {};
  assert.equal(metadata?.labels?.['sidecar.istio.io/inject'], 'false');
  assert.deepEqual(spec?.affinity?.nodeAffinity, {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'NotIn', values: ['m-1'] }] }],
    },
  });
});

test('beside a live volume it can only run on the machine of that', () => {
  const live = { claim: 'server-data-c-d-r-sts-0', mount: '/var/lib/cassandra', machine: 'machine-2' };
  const { spec } = cloneJob({ ...OPTIONS, near: undefined, live }).spec?.template ?? assert.fail();
  assert.deepEqual(spec?.volumes?.[2], { name: 'live', persistentVolumeClaim: { claimName: live.claim } });
  assert.deepEqual(spec?.containers[0]?.volumeMounts?.[2], { name: 'live', mountPath: live.mount });
  assert.deepEqual(spec?.affinity?.nodeAffinity, {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['machine-2'] }] }],
    },
  });
});

test('a script for a clone runs in the pod that mounts it, and fails with the reason when that was given up', () => {
  const node = { name: 'c' } as Parameters<typeof orFull>[0];
  const [clone] = cloneClaims([claim('server-data-x-1')], PODS, [], ['x-1']);
  const started = { job: 'j', pod: 'j-abcde', machine: 'm' };
  const mounted = new MountedClones([['c', { claim: clone ?? assert.fail(), node, started }]]);
  assert.equal(mounted.podOf('c')?.name, 'j-abcde');
  assert.equal(mounted.podOf('c-d-r-sts-0'), undefined);
  mounted.set('c', { claim: clone ?? assert.fail(), node, started, lost: 'pod x has moved' });
  assert.throws(() => mounted.podOf('c'), { code: 'NODE_SHELL', message: /c is no longer mounted: pod x/ });
});

test('a volume that fills up while files are copied is told as such, with what can be done', async () => {
  const node = { name: 'n-0' } as Parameters<typeof orFull>[0];
  const failure = (message: string) => async () => {
    throw new KassetteError('NODE_SHELL', message, 'hint');
  };
  await assert.rejects(orFull(node, failure('head: write error: No space left on device')), {
    code: 'NO_SPACE',
    message: /n-0 has filled up/,
    hint: /it continues with the files that are already there/,
  });
  await assert.rejects(orFull(node, failure('x: Disk quota exceeded')), { code: 'NO_SPACE' });
  await assert.rejects(orFull(node, failure('Input/output error')), { code: 'NODE_SHELL' });
});

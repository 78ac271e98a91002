import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { cassandraDatacenter } from '../../../../../src/adapters/kubernetes/client/resources.ts';
import { awaitBound } from '../../../../../src/adapters/kubernetes/datacenters/claims.ts';
import { CASSANDRA_USER, cleanJob } from '../../../../../src/adapters/kubernetes/jobs/clean-job.ts';
import { jobName, runJob } from '../../../../../src/adapters/kubernetes/jobs/clean-jobs.ts';
import { asItsPods } from '../../../../../src/adapters/kubernetes/jobs/job-pod.ts';
import { renderCleanClaims, renderCleanVolume } from '../../../../../src/cli/render/clean-volume.ts';
import type { ColdPlan } from '../../../../../src/domain/restore/cold-plan.ts';
import { coldArguments, parseColdAnswer } from '../../../../../src/domain/restore/cold-result.ts';

const RESULT = {
  cluster: 'c',
  node: 'n-0',
  tag: 'kassette-20260301T021500Z-1a2b',
  nodes: ['n-0'],
  outcome: 'restored',
  seconds: 1,
  tables: 2,
  files: 16,
  bytesLinked: 100,
  bytesCopied: 0,
  moved: 20,
  displaced: 'kassette/displaced-kassette-20260301T021500Z-1a2b/1',
} as const;

test("a Job's name fits a label and differs for claims that begin alike", () => {
  const long = 'server-data-a-cluster-with-a-very-long-name-in-a-datacenter-with-one-too-default-sts';
  const names = [`${long}-0`, `${long}-1`, 'server-data-dse-cass-prd-default-sts-0'].map(jobName);
  assert.equal(new Set(names).size, 3);
  for (const name of names) assert.match(name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])$/);
});

test('a Job waits until a claim that names its volume is bound; one whose volume comes with its pod it does not wait for', async () => {
  const asked: string[] = [];
  const answering = (volumeName: string | undefined, ...phases: readonly string[]) => {
    const core = {
      listNamespacedPersistentVolumeClaim: async () => {
        const phase = phases[asked.push('claims') - 1];
        return { items: [{ metadata: { name: 'c' }, spec: { volumeName }, status: { phase } }] };
      },
    };
    return { core: core as unknown as Connection['core'], namespace: 'ns' };
  };
  const { signal } = new AbortController();
  await awaitBound(answering('pv', 'Pending', 'Pending', 'Bound'), 'c', signal);
  assert.equal(asked.splice(0).length, 3);
  await awaitBound(answering(undefined, 'Pending'), 'c', signal);
  assert.equal(asked.length, 1);
});

/** A namespace in which a Job's pod is found like this; the Job itself is gone as soon as it is removed. */
function withPod(pod: object | undefined, log: () => Promise<string>): Connection {
  const notFound = async () => Promise.reject(new ApiException(404, 'gone', '', {}));
  const of = { metadata: { name: 'j' }, spec: {}, status: { phase: 'Running' } };
  let asked = 0;
  return {
    namespace: 'ns',
    core: {
      listNamespacedPersistentVolumeClaim: async () => ({ items: [] }),
      listNamespacedPod: async ({ labelSelector }: { labelSelector?: string }) =>
        // It is there when it has started, and then as given.
        ({
          items: labelSelector === undefined ? [] : [asked++ === 0 ? of : pod].filter((p) => p !== undefined),
        }),
      readNamespacedPodLog: log,
    },
    batch: {
      deleteNamespacedJob: notFound,
      createNamespacedJob: async () => ({}),
      readNamespacedJob: notFound,
    },
  } as unknown as Connection;
}

const RUN = { signal: new AbortController().signal, timeoutMs: 1000, report() {} };
const JOB = { metadata: { name: 'j', namespace: 'ns' } };

test('a pod that should have ended long ago is told as lost, with its node; it is not waited for without end', async () => {
  const deletionTimestamp = new Date(Date.now() - 61_000);
  const pod = {
    metadata: { name: 'j-x', deletionTimestamp },
    spec: { nodeName: 'k8s-7' },
    status: { phase: 'Running' },
  };
  await assert.rejects(
    runJob(
      withPod(pod, async () => ''),
      { name: 'c', uid: null },
      JOB,
      RUN,
    ),
    {
      code: 'JOB_FAILED',
      message: /^Pod j-x of Job j was asked to end .* node k8s-7 may be lost\.$/,
    },
  );
});

test('a pod that was taken away has told nothing, which is no fault of kassette’s own', async () => {
  const gone = async () => Promise.reject(new ApiException(404, 'no pod', '', {}));
  assert.equal(await runJob(withPod(undefined, gone), { name: 'c', uid: null }, JOB, RUN), '');
  assert.throws(() => parseColdAnswer('v', ''), { code: 'JOB_FAILED' });
});

test('a Job mounts the claim, runs as the datacenter does, and may do nothing else', () => {
  const user = { runAsUser: 1001, runAsGroup: 1002, fsGroup: 1003 };
  const job = {
    name: 'j',
    namespace: 'ns',
    image: 'i',
    claim: 'c',
    args: ['--tag', 't'],
    readOnly: false,
    user,
  };
  const { spec } = cleanJob(job).spec.template;
  assert.deepEqual(
    { ...spec.securityContext, seccompProfile: undefined },
    { runAsNonRoot: true, ...user, fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: undefined },
  );
  assert.equal(spec.automountServiceAccountToken, false);
  assert.deepEqual(spec.volumes, [{ name: 'server-data', persistentVolumeClaim: { claimName: 'c' } }]);
  assert.deepEqual(spec.containers[0]?.args.slice(-2), ['--tag', 't']);
  assert.equal(spec.containers[0]?.volumeMounts?.[0]?.readOnly, false);
  assert.deepEqual(CASSANDRA_USER, { runAsUser: 999, runAsGroup: 999, fsGroup: 999 });
});

test("a Job pulls its image and runs as the datacenter's pods do; without a datacenter as cass-operator's own", () => {
  const of = (spec: object) =>
    asItsPods(
      cassandraDatacenter.parse({ metadata: { name: 'd' }, spec: { clusterName: 'c', size: 1, ...spec } }),
    );
  const pod = {
    securityContext: { runAsUser: 1001, fsGroup: 1003 },
    imagePullSecrets: [{ name: 'registry' }],
    serviceAccountName: 'of-the-template',
    priorityClassName: 'db',
  };
  assert.deepEqual(of({ podTemplateSpec: { spec: pod }, tolerations: [{ key: 'k' }] }), {
    user: { runAsUser: 1001, runAsGroup: 999, fsGroup: 1003 },
    tolerations: [{ key: 'k' }],
    pullSecrets: ['registry'],
    serviceAccount: 'of-the-template',
    priorityClass: 'db',
  });
  // As cass-operator ranks them: what v1.22 calls it, what v1.15 calls it, the template.
  const both = { serviceAccountName: 'new', serviceAccount: 'old', podTemplateSpec: { spec: pod } };
  assert.equal(of(both).serviceAccount, 'new');
  assert.equal(of({ ...both, serviceAccountName: undefined }).serviceAccount, 'old');
  assert.deepEqual(asItsPods(undefined), {
    user: CASSANDRA_USER,
    tolerations: [],
    pullSecrets: [],
    serviceAccount: undefined,
    priorityClass: undefined,
  });
  const job = {
    name: 'j',
    namespace: 'ns',
    image: 'i',
    claim: 'c',
    args: [],
    readOnly: true,
    user: CASSANDRA_USER,
  };
  const { spec } = cleanJob({ ...job, pullSecrets: ['a', 'b'], serviceAccount: 's' }).spec.template;
  assert.deepEqual(
    [spec.imagePullSecrets, spec.serviceAccountName, spec.automountServiceAccountToken],
    [[{ name: 'a' }, { name: 'b' }], 's', false],
  );
  assert.equal(spec.containers[0]?.volumeMounts?.[0]?.readOnly, true);
  const bare = cleanJob(job).spec.template.spec;
  assert.ok(!('imagePullSecrets' in bare) && !('serviceAccountName' in bare));
});

test("a Job's answer is its result, its error, or no answer at all", () => {
  const body = { kassette: '0.1.0', command: 'clean-volume' };
  const answer = JSON.stringify({ ...body, ok: true, result: { ...RESULT, plan: null } });
  assert.deepEqual(parseColdAnswer('c', `told before\n${answer}\n`), { ...RESULT, plan: null });
  const error = { code: 'NO_BACKUP', exit: 30, message: 'None.', hint: 'Another.' };
  const refused = JSON.stringify({ ...body, ok: false, error });
  assert.throws(() => parseColdAnswer('c', refused), {
    code: 'NO_BACKUP',
    message: 'None.',
    hint: 'Another.',
  });
  assert.throws(() => parseColdAnswer('c', 'Killed'), { code: 'JOB_FAILED', message: /Killed/ });
});

test('a list of every file comes back from a Job as it was, and is short on its way', () => {
  const directory = 'data/shop/orders-62eb9c60c7b111f08f0c000000000000';
  const names = Array.from({ length: 20_000 }, (_, i) => `nb-${i}-big-Data.db`);
  const plan: ColdPlan = {
    ...{ tag: RESULT.tag, cluster: 'c', node: 'n-0', tables: 2, bytes: 100 },
    moves: names.map((n) => `${directory}/${n}`),
    links: names.map((n) => [`${directory}/snapshots/${RESULT.tag}/${n}`, `${directory}/${n}`]),
    ...{ empties: ['hints/a-1.hints'], drops: ['ks.newer'], forgets: ['system.peers'], unrepaired: [] },
  };
  const { json } = renderCleanVolume({ ...RESULT, plan }, { dryRun: true, packed: true });
  const answer = JSON.stringify({ kassette: '0.1.0', command: 'clean-volume', ok: true, result: json });
  assert.deepEqual(parseColdAnswer('c', answer), { ...RESULT, plan });
  assert.ok(answer.length * 8 < JSON.stringify(plan).length, `${answer.length}`);
  const { text } = renderCleanClaims({ seconds: 1, volumes: [{ ...RESULT, plan }] });
  for (const line of [`move   ${plan.moves[7]}`, 'empty  hints/a-1.hints', 'drop   ks.newer'])
    assert.ok(text.includes(line), line);
});

test('options are handed on', () => {
  const none = {
    tag: undefined,
    dryRun: false,
    listed: false,
    keepDisplaced: false,
    again: false,
    elsewhere: false,
  } as const;
  assert.deepEqual(coldArguments({ ...none, verify: 'quick' }), []);
  const all = {
    tag: 't',
    dryRun: true,
    listed: false,
    keepDisplaced: true,
    again: true,
    elsewhere: true,
  } as const;
  const expected = '--tag t --check --keep-displaced --verify full --again --elsewhere';
  assert.equal(coldArguments({ ...all, verify: 'full' }).join(' '), expected);
  const listed = coldArguments({ ...none, dryRun: true, listed: true, verify: 'quick' });
  assert.deepEqual(listed, ['--dry-run', '--packed']);
});

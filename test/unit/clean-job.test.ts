import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CASSANDRA_USER, cleanJob } from '../../src/adapters/kubernetes/clean-job.ts';
import { jobName } from '../../src/adapters/kubernetes/clean-jobs.ts';
import { coldArguments, parseColdAnswer } from '../../src/domain/cold-result.ts';

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

test('a Job mounts the claim, runs as the datacenter does, and may do nothing else', () => {
  const user = { runAsUser: 1001, runAsGroup: 1002, fsGroup: 1003 };
  const job = { name: 'j', namespace: 'ns', image: 'i', claim: 'c', args: ['--tag', 't'], user };
  const { spec } = cleanJob(job).spec.template;
  assert.deepEqual(
    { ...spec.securityContext, seccompProfile: undefined },
    { runAsNonRoot: true, ...user, fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: undefined },
  );
  assert.equal(spec.automountServiceAccountToken, false);
  assert.deepEqual(spec.volumes, [{ name: 'server-data', persistentVolumeClaim: { claimName: 'c' } }]);
  assert.deepEqual(spec.containers[0]?.args.slice(-2), ['--tag', 't']);
  assert.deepEqual(CASSANDRA_USER, { runAsUser: 999, runAsGroup: 999, fsGroup: 999 });
});

test("a Job's answer is its result, its error, or no answer at all", () => {
  const body = { kassette: '0.1.0', command: 'clean-volume' };
  const answer = JSON.stringify({ ...body, ok: true, result: { ...RESULT, plan: null } });
  assert.deepEqual(parseColdAnswer('c', `told before\n${answer}\n`), RESULT);
  const error = { code: 'NO_BACKUP', exit: 30, message: 'None.', hint: 'Another.' };
  const refused = JSON.stringify({ ...body, ok: false, error });
  assert.throws(() => parseColdAnswer('c', refused), {
    code: 'NO_BACKUP',
    message: 'None.',
    hint: 'Another.',
  });
  assert.throws(() => parseColdAnswer('c', 'Killed'), { code: 'JOB_FAILED', message: /Killed/ });
});

test('options are handed on', () => {
  const none = {
    tag: undefined,
    dryRun: false,
    keepDisplaced: false,
    again: false,
    elsewhere: false,
  } as const;
  assert.deepEqual(coldArguments({ ...none, verify: 'quick' }), []);
  const all = { tag: 't', dryRun: true, keepDisplaced: true, again: true, elsewhere: true } as const;
  const expected = '--tag t --check --keep-displaced --verify full --again --elsewhere';
  assert.equal(coldArguments({ ...all, verify: 'full' }).join(' '), expected);
});

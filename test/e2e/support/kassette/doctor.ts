import { z } from 'zod';
import type { CliRun } from '../../../../lab/cli.ts';
import { RESTRICTED } from '../../../../src/adapters/kubernetes/jobs/jobs.ts';
import { HOOKS_BLUEPRINT } from '../../../../src/packaging/blueprints.ts';
import type { TestDatacenter } from '../datacenter.ts';
import { KASTEN, OWN } from '../kasten/kasten-kinds.ts';
import { smallQuota } from '../quota.ts';
import { outside } from './kassette.ts';
import { kassettePod } from './kassette-pod.ts';

const result = z.object({
  result: z.object({
    checks: z.array(
      z.object({
        check: z.string(),
        findings: z.array(z.object({ level: z.string(), message: z.string() })),
      }),
    ),
  }),
});

export const doctorOutside = async (datacenter: TestDatacenter, ...options: readonly string[]) =>
  read(await outside(datacenter).run(['doctor', ...options, '--output', 'json']));

export const doctorAsPod = async ({ bed, namespace }: TestDatacenter) =>
  read(await kassettePod(bed, OWN, ['doctor', '--namespace', namespace, '--output', 'json']));

function read({ status, stdout, stderr }: CliRun) {
  if (stdout === '') throw new Error(`doctor ended with ${status}: ${stderr}`);
  return { status, ...result.parse(JSON.parse(stdout)).result };
}

/** Make mistakes of every kind in a set-up that is right; what doctor has to say of them, and the way back. */
export async function seedMistakes(datacenter: TestDatacenter) {
  const { bed, namespace } = datacenter;
  const kasten = (...args: readonly string[]) => bed.kubectl(['--namespace', KASTEN, ...args]);
  const patch = (kind: string, name: string, change: object) =>
    kasten('patch', kind, name, '--type=json', '--patch', JSON.stringify(change));
  const saved = JSON.parse(
    await kasten('get', 'policies,blueprintbindings,blueprints.cr.kanister.io', '-o', 'json'),
  ) as { items: readonly object[] };
  const spec = '/spec/actions/0/backupParameters';
  await patch('policies', 'cassandra-cass-operator', [
    { op: 'remove', path: `${spec}/hooks/onSuccess` },
    { op: 'replace', path: `${spec}/hooks/preHook/actionName`, value: 'afterBackup' },
    { op: 'add', path: `${spec}/filters/excludeResources/0/resource`, value: 'persistentvolumeclaims' },
    { op: 'remove', path: `${spec}/filters/excludeResources/0/group` },
  ]);
  await kasten('delete', 'blueprintbindings', 'cassandradatacenter-bp-binding');
  const image = '/actions/beforeBackup/phases/0/args/image';
  await patch('blueprints.cr.kanister.io', HOOKS_BLUEPRINT, [
    { op: 'replace', path: image, value: 'kassette:not-pushed' },
  ]);
  await bed.apply([unpullable]);
  await bed.kubectl(['--namespace', namespace, 'delete', 'rolebinding', 'kassette:kassette:kassette']);
  await bed.kubectl(['--namespace', namespace, 'delete', 'restorepoints', '--all']);
  await incompleteBackup(datacenter);
  await untilNotPulled(datacenter);
  await bed.apply([closed(namespace)]);
  await smallQuota(datacenter);
  return {
    expected: [
      /preHook runs after-backup; it has to run before-backup/,
      /onSuccess is missing/,
      /leaves out the volumes/,
      /does not exclude StatefulSets/,
      /No binding matches datacenter cass-prd/,
      /may not `list pods` in cass-operator/,
      /may not `get secrets\/dse-superuser` in cass-operator/,
      /kassette:not-pushed cannot be pulled in kassette/,
      /no restore point of cass-operator/,
      /has no complete marker on dse-cass-prd-default-sts-0/,
      /A Job of a cold restore is not admitted in cass-operator: .* exceeded quota: small, requested: limits\.memory=/,
      /NetworkPolicy default-deny lets nothing of namespace kassette reach port 8080/,
    ],
    async undo() {
      await datacenter.kubectl('delete', 'quota/small', 'networkpolicy/default-deny');
      await bed.kubectl(['--namespace', OWN, 'delete', 'pod', 'not-pulled', '--grace-period=0', '--force']);
      await bed.apply(saved.items.map(withoutIdentity));
      await bed.kubectl(['apply', '-f', 'deploy/kassette.yaml']);
      await outside(datacenter).run(['after-backup', '--incomplete']);
    },
  };
}

const unpullable = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'not-pulled', namespace: OWN },
  spec: {
    containers: [
      {
        ...{ name: 'container', image: 'kassette:not-pushed', imagePullPolicy: 'Never' },
        securityContext: RESTRICTED,
      },
    ],
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    restartPolicy: 'Never',
  },
};

/** The bed's network does not enforce it: it is there to be read. */
const closed = (namespace: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'default-deny', namespace },
  spec: { podSelector: {}, policyTypes: ['Ingress'] },
});

async function untilNotPulled({ bed }: TestDatacenter): Promise<void> {
  const reason = 'jsonpath={.status.containerStatuses[0].state.waiting.reason}=ErrImageNeverPull';
  await bed.kubectl(['--namespace', OWN, 'wait', 'pod/not-pulled', `--for=${reason}`, '--timeout=60s']);
}

/** As one that was killed leaves it. */
async function incompleteBackup(datacenter: TestDatacenter): Promise<void> {
  const { status, stderr } = await outside(datacenter).run(['before-backup']);
  if (status !== 0) throw new Error(stderr);
  const [pod] = await datacenter.pods();
  const script = 'rm /var/lib/cassandra/kassette/*/complete';
  await datacenter.kubectl('exec', pod?.name ?? '', '-c', 'cassandra', '--', 'sh', '-c', script);
}

function withoutIdentity(object: object): object {
  const { metadata, ...rest } = object as { metadata: { name: string; namespace: string; labels?: object } };
  const { name, namespace, labels } = metadata;
  return { ...rest, metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) } };
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { archiveCommand } from '../../../src/cli/commands/point-in-time/archive.ts';
import { ARCHIVE_SCRIPT } from '../../../src/domain/archive/archiving.ts';
import { archivingSpec, withArchiving, withoutArchiving } from '../../../src/packaging/archiving.ts';

const GIVEN = {
  ...{ namespace: 'cass-operator', datacenter: 'cass-prd', copy: false },
  ...{ mostPercent: undefined, freePercent: undefined, mostBytes: undefined },
  ...{ apply: false, kubeconfig: undefined, context: [] },
} as const;
type Options = Parameters<typeof archiveCommand.print>[0];
const documents = async (options: Partial<Options>) => {
  const text = await archiveCommand.print({ ...GIVEN, action: 'enable', ...options }, {} as never);
  return parseAllDocuments(text).map((d) => d.toJS());
};

test('both files are mounted where the image takes its configuration from', async () => {
  const [files, part] = await documents({});
  assert.deepEqual([files.kind, files.metadata.namespace], ['ConfigMap', 'cass-operator']);
  assert.equal(files.data['kassette-archive.sh'], ARCHIVE_SCRIPT);
  const { containers, volumes } = part.spec.podTemplateSpec.spec;
  assert.deepEqual(volumes, [{ name: 'kassette-archive', configMap: { name: files.metadata.name } }]);
  const [{ name, volumeMounts }] = containers;
  assert.equal(name, 'cassandra');
  assert.deepEqual(
    volumeMounts.map((m: { mountPath: string }) => m.mountPath),
    Object.keys(files.data).map((file) => `/config/${file}`),
  );
  const [, script] =
    /^archive_command=\/bin\/sh (\S+) /m.exec(files.data['commitlog_archiving.properties']) ?? [];
  assert.equal(script, '/config/kassette-archive.sh');
});

test('what bounds the archive, and copying, is a part of the command', async () => {
  const [files] = await documents({ copy: true, mostPercent: 30, freePercent: 15, mostBytes: 2 ** 30 });
  assert.match(files.data['commitlog_archiving.properties'], / copy 30 15 1073741824$/m);
});

test('to end it nothing is made: the same part is what has to go', async () => {
  const [, part] = await documents({});
  assert.deepEqual(await documents({ action: 'disable' }), [part]);
});

const OWN = {
  metadata: { labels: { team: 'shop' } },
  spec: {
    priorityClassName: 'high',
    initContainers: [{ name: 'server-config-init', resources: { limits: { cpu: '1' } } }],
    containers: [
      {
        name: 'cassandra',
        env: [{ name: 'A', value: '1' }],
        volumeMounts: [{ name: 'more', mountPath: '/m' }],
      },
      { name: 'sidecar', image: 'sidecar:1' },
    ],
    volumes: [{ name: 'more', emptyDir: {} }],
  },
};

test('what a datacenter has beside archiving stays, whatever it is switched to, and however often', () => {
  const on = withArchiving(OWN, 'cass-prd');
  const { podTemplateSpec } = archivingSpec({ datacenter: 'cass-prd' }).spec;
  const [ours] = podTemplateSpec.spec.containers;
  assert.deepEqual(on, {
    ...OWN,
    spec: {
      ...OWN.spec,
      containers: OWN.spec.containers.map((c) =>
        c.name === 'cassandra'
          ? { ...c, volumeMounts: [...(c.volumeMounts ?? []), ...(ours?.volumeMounts ?? [])] }
          : c,
      ),
      volumes: [...OWN.spec.volumes, ...podTemplateSpec.spec.volumes],
    },
  });
  assert.deepEqual(withArchiving(on, 'cass-prd'), on);
  assert.deepEqual(withoutArchiving(on), OWN);
  assert.deepEqual(withoutArchiving(OWN), OWN);
});

test('a datacenter without a template of its own has none when it has ended', () => {
  const { podTemplateSpec } = archivingSpec({ datacenter: 'cass-prd' }).spec;
  for (const none of [undefined, null, { spec: { containers: [] } }]) {
    assert.deepEqual(withArchiving(none, 'cass-prd'), podTemplateSpec);
    assert.equal(withoutArchiving(none), null);
  }
  assert.equal(withoutArchiving(podTemplateSpec), null);
  // Of a merge patch a list that is left out would be the one that was there.
  const user = { spec: { containers: [], securityContext: { runAsUser: 1 } } };
  assert.deepEqual(withoutArchiving(withArchiving(user, 'cass-prd')), {
    spec: { ...user.spec, volumes: [] },
  });
});

test('applied, the cluster that is meant is changed, and what is next is said', async () => {
  const asked: unknown[] = [];
  const context = (changed: boolean) =>
    ({
      switchArchiving: async (...given: unknown[]) => {
        asked.push(given);
        return changed;
      },
    }) as never;
  const given = { ...GIVEN, apply: true, context: ['prod'], kubeconfig: '/k' };
  const print = (action: 'enable' | 'disable', changed: boolean) =>
    archiveCommand.print({ ...given, action }, context(changed));
  assert.match(await print('enable', true), /was changed.*one after the other\.\nWhen all .*--keep 2/);
  assert.match(
    await print('enable', false),
    /^CassandraDatacenter cass-prd was left as it is: it has what it needs/,
  );
  assert.match(
    await print('disable', true),
    /kubectl delete configmap cass-prd-kassette-archive --namespace/,
  );
  const [first, , last] = asked as [where: unknown, to: Record<string, unknown>][];
  const [where, on] = first ?? [];
  const off = last?.[1];
  assert.deepEqual(where, { kubeconfig: '/k', context: 'prod', namespace: 'cass-operator' });
  assert.deepEqual([on?.['datacenter'], off?.['files']], ['cass-prd', null]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { beforeBackupCommand } from '../../../src/cli/commands/before-backup.ts';
import { archiveCommand } from '../../../src/cli/commands/point-in-time/archive.ts';
import { plainly, sayFor } from '../../../src/cli/say.ts';
import { ARCHIVE_SCRIPT } from '../../../src/domain/archive/archiving.ts';
import {
  ARCHIVING_ANNOTATION,
  archivingFiles,
  archivingSpec,
  withArchiving,
  withoutArchiving,
} from '../../../src/packaging/archiving.ts';

const GIVEN = {
  ...{ namespace: 'cass-operator', datacenter: 'cass-prd', copy: false },
  ...{ mostPercent: undefined, freePercent: undefined, mostBytes: undefined },
  ...{ apply: false, kubeconfig: undefined, context: [] },
} as const;
type Options = Parameters<typeof archiveCommand.print>[0];
const documents = async (options: Partial<Options>) => {
  const text = await archiveCommand.print({ ...GIVEN, action: 'enable', ...options }, {
    say: plainly,
  } as never);
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

test('to end it nothing is made: the same part is what has to go, and the annotation', async () => {
  const [, part] = await documents({});
  const { metadata, ...rest } = part.spec.podTemplateSpec;
  assert.deepEqual(Object.keys(metadata.annotations), [ARCHIVING_ANNOTATION]);
  assert.deepEqual(await documents({ action: 'disable' }), [{ spec: { podTemplateSpec: rest } }]);
});

const filesFor = (mostPercent = 25) =>
  archivingFiles({
    ...{ namespace: 'ns', datacenter: 'cass-prd', method: 'link' },
    bound: { mostPercent, freePercent: 10, mostBytes: null },
  });
const FILES = filesFor();
const { podTemplateSpec: PART } = archivingSpec({ datacenter: 'cass-prd' }, FILES).spec;
const enable = (own: unknown, files = FILES) => withArchiving(own, files, 'cass-prd');
const OWN = {
  metadata: { labels: { team: 'shop' }, annotations: { note: 'a' } },
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

/** As a server merges a patch (RFC 7386). */
function merged(target: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = { ...(target as object) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key] ?? {}, value);
  }
  return result;
}

test('what a datacenter has beside archiving stays, whatever it is switched to, and however often', () => {
  const on = merged(OWN, enable(OWN));
  const [ours] = PART.spec.containers;
  assert.deepEqual(on, {
    metadata: { labels: { team: 'shop' }, annotations: { note: 'a', ...PART.metadata?.annotations } },
    spec: {
      ...OWN.spec,
      containers: OWN.spec.containers.map((c) =>
        c.name === 'cassandra'
          ? { ...c, volumeMounts: [...(c.volumeMounts ?? []), ...(ours?.volumeMounts ?? [])] }
          : c,
      ),
      volumes: [...OWN.spec.volumes, ...PART.spec.volumes],
    },
  });
  assert.equal(enable(on), on);
  assert.deepEqual(merged(on, withoutArchiving(on)), OWN);
  assert.equal(withoutArchiving(OWN), OWN);
});

test('what others add beside it is no reason to change anything', () => {
  const on = structuredClone(enable(OWN)) as typeof OWN;
  on.spec.containers.unshift({ name: 'another', image: 'another:1' });
  on.spec.containers[1]?.volumeMounts?.push({ name: 'later', mountPath: '/l' });
  on.spec.volumes.push({ name: 'later', emptyDir: {} });
  assert.equal(enable(on), on);
});

test('other files make other pods: a mounted file is never changed in one that runs', () => {
  const on = enable(OWN);
  const other = merged(on, enable(on, filesFor(40))) as typeof OWN;
  assert.notDeepEqual(other, on);
  assert.deepEqual(other.spec, (on as typeof OWN).spec);
  assert.equal(enable(other, filesFor(40)), other);
});

test('a datacenter without a template of its own has none when it has ended', () => {
  for (const none of [undefined, null, { spec: { containers: [] } }]) {
    assert.deepEqual(enable(none), PART);
    assert.deepEqual(withoutArchiving(none), none ?? null);
  }
  assert.equal(withoutArchiving(PART), null);
  // Of a merge patch a list that is left out would be the one that was there.
  const user = { spec: { containers: [], securityContext: { runAsUser: 1 } } };
  const on = merged(user, enable(user));
  assert.deepEqual(merged(on, withoutArchiving(on)), {
    metadata: { annotations: {} },
    spec: { ...user.spec, volumes: [] },
  });
});

test('applied, the cluster that is meant is changed, and what is next is said for it', async () => {
  const asked: unknown[] = [];
  const given = { ...GIVEN, apply: true, context: ['prod'], kubeconfig: '/k' };
  const context = (changed: boolean) =>
    ({
      switchArchiving: async (...all: unknown[]) => {
        asked.push(all);
        return changed;
      },
      say: sayFor([beforeBackupCommand as never], given),
    }) as never;
  const print = (action: 'enable' | 'disable', changed: boolean) =>
    archiveCommand.print({ ...given, action }, context(changed));
  const where = '--kubeconfig /k --context prod';
  const begun = await print('enable', true);
  assert.match(
    begun,
    /was changed.*one after the other\.\nWhen all were restarted: `kassette before-backup --keep 2/,
  );
  for (const part of ['--namespace cass-operator', where]) assert.ok(begun.includes(part), begun);
  assert.match(
    await print('enable', false),
    /^CassandraDatacenter cass-prd was left as it is: it has what it needs/,
  );
  const ended = await print('disable', true);
  assert.ok(
    ended.includes(`kubectl delete configmap cass-prd-kassette-archive --namespace cass-operator ${where}`),
    ended,
  );
  const [first, , last] = asked as [where: unknown, to: Record<string, unknown>][];
  assert.deepEqual(first?.[0], { kubeconfig: '/k', context: 'prod', namespace: 'cass-operator' });
  assert.deepEqual([first?.[1]['datacenter'], last?.[1]['files']], ['cass-prd', null]);
});

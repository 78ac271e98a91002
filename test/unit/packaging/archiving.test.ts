import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { archiveCommand } from '../../../src/cli/commands/point-in-time/archive.ts';
import { ARCHIVE_SCRIPT } from '../../../src/domain/archive/archiving.ts';

const GIVEN = {
  ...{ namespace: 'cass-operator', datacenter: 'cass-prd', copy: false },
  ...{ mostPercent: undefined, freePercent: undefined, mostBytes: undefined },
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

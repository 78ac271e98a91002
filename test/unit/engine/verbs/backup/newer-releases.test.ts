import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { describeSchema } from '../../../../../src/adapters/cql/schema-rows.ts';
import { checkReleases } from '../../../../../src/domain/backup/backup-check.ts';
import { parseSchema, schemaText } from '../../../../../src/domain/schema/schema.ts';
import { afterRestore } from '../../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import { World } from '../../../../simulation/cluster/world.ts';
import { OPTIONS } from '../../../support/restorable-cluster.ts';

// Cassandra's trunk appends statements to what it describes (`SchemaDescriptionsUtil`): nothing of them may be cut off.

const TAG = 'kassette-20260301T021500Z-1a2b';
const worlds: World[] = [];
after(() => {
  for (const world of worlds) world.remove();
});

/** What DESCRIBE and `system_schema` answer for one object. */
const rows = (type: string, statement: string) => async (query: string) => {
  if (query.startsWith('DESCRIBE'))
    return [{ type, keyspace_name: 'ks', name: 'address', create_statement: statement }] as never;
  if (query.includes('system_schema.types'))
    return [
      { keyspace_name: 'ks', type_name: 'address', field_names: ['city'], field_types: ['text'] },
    ] as never;
  return [{ release_version: '6.0.0' }] as never;
};

for (const [type, created] of [
  ['keyspace', "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy'};"],
  ['type', 'CREATE TYPE ks.address (\n    city text\n);'],
  ['table', 'CREATE TABLE ks.address (id int PRIMARY KEY);'],
] as const) {
  const on = type.toUpperCase();
  for (const more of [
    `COMMENT ON ${on} ks.address IS 'a';`,
    `SECURITY LABEL ON ${on} ks.address IS 'PII';`,
  ]) {
    test(`${type}: \`${more}\` is not cut off but refused`, async () => {
      const statements = await describeSchema(rows(type, `${created}\n${more}`));
      assert.match(statements.join('\n'), new RegExp(more.replace(/[.]/g, '\\.')));
      assert.throws(() => parseSchema(schemaText(statements)), { code: 'SCHEMA_UNREADABLE', message: /ON/ });
    });
  }
}

test('a type that is described plainly has its names quoted, as on any release', async () => {
  const statements = await describeSchema(rows('type', 'CREATE TYPE ks.address (\n    city text\n);'));
  assert.deepEqual(statements, ['CREATE TYPE "ks"."address" (\n    "city" text\n);']);
});

for (const bare of ['city text', 'city; one text,\n    it text', "city's text", 'city "the" text']) {
  test(`a type whose names 4.0.1 leaves bare, \`${bare}\`: quoted all the same`, async () => {
    const statements = await describeSchema(rows('type', `CREATE TYPE ks.address (\n    ${bare}\n);`));
    assert.deepEqual(statements, ['CREATE TYPE "ks"."address" (\n    "city" text\n);']);
  });
}

test('a constraint is a part of its table, word for word', async () => {
  const statement = 'CREATE TABLE ks.address (id int PRIMARY KEY, zip text CHECK LENGTH(zip) = 5);';
  const [table] = parseSchema(schemaText(await describeSchema(rows('table', statement))));
  assert.match(table?.statements.join() ?? '', /zip text CHECK LENGTH\(zip\) = 5/);
});

test('releases that kassette knows, with their pre-releases and patches', () => {
  const check = (releaseVersion: string) => () =>
    checkReleases(new Map([['n', { releaseVersion }]]), 'Nothing.');
  for (const known of ['4.0.1', '4.1.9', '5.0.6', '5.0-rc1', '4.0.11-abc']) check(known)();
  for (const unknown of ['6.0.0', '5.1-alpha1-SNAPSHOT', '7.0', '3.11.17', '50.0.1'])
    assert.throws(check(unknown), {
      code: 'UNSUPPORTED_SERVER',
      message: `n runs Cassandra ${unknown}; kassette knows 4.0, 4.1, 5.0.`,
    });
});

test('a newer release is refused: by the backup before the last one makes way, by a restore before it changes anything', async () => {
  const world = World.make({ dc0: 1 });
  worlds.push(world);
  const ports = world.ports();
  await beforeBackup(ports, { ...OPTIONS, tag: TAG, abandonAfterMs: 0 });
  const control: Ports['control'] = {
    ...ports.control,
    endpoints: async (node) =>
      (await ports.control.endpoints(node)).map((m) => ({ ...m, releaseVersion: '6.0.0' })),
  };
  const newer = { ...ports, control };
  const expected = { code: 'UNSUPPORTED_SERVER', message: /runs Cassandra 6\.0\.0/ };
  await assert.rejects(beforeBackup(newer, OPTIONS), expected);
  await assert.rejects(afterRestore(newer, { ...OPTIONS, tag: TAG }), expected);
  const [node] = world.cluster.nodes;
  assert.ok(node && (await ports.volumes.survey(node)).backups[0]?.complete);
});

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { triggerOf } from '../../../../../src/adapters/cql/schema-rows.ts';
import type { Trigger } from '../../../../../src/domain/backup/manifest.ts';
import { foreignIndexes } from '../../../../../src/domain/schema/index-implementation.ts';
import { parseSchema } from '../../../../../src/domain/schema/schema.ts';
import { afterRestore } from '../../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import { World } from '../../../../simulation/cluster/world.ts';
import { OPTIONS } from '../../../support/restorable-cluster.ts';

// What no snapshot and no DESCRIBE has: named when the backup is made and when it is restored.

const TAG = 'kassette-20260301T021500Z-1a2b';
const TABLE = 'CREATE TABLE ks.t (id text PRIMARY KEY, value text)';
const FOREIGN = "CREATE CUSTOM INDEX by_text ON ks.t (value) USING 'com.example.Index'";
const TRIGGER: Trigger = {
  ...{ keyspace: 'ks', table: 't' },
  statement: `CREATE TRIGGER "audit" ON "ks"."t" USING 'com.example.Audit'`,
};
const worlds: World[] = [];
after(() => {
  for (const world of worlds) world.remove();
});

/** The session describes an index that the simulation does not make, as long as the table is there, and has triggers. */
function clusterWith(index: string | null, triggers: readonly Trigger[]) {
  const world = World.make({ dc0: 1 });
  worlds.push(world);
  world.cluster.change(
    "CREATE KEYSPACE ks WITH replication = {'class': 'SimpleStrategy', 'replication_factor': '1'}",
  );
  world.cluster.change(`${TABLE} WITH comment = ''`);
  world.cluster.write('ks', 't', 'a', 'a row');
  const plain = world.ports();
  const open: Ports['cql']['open'] = async (datacenters) => {
    const session = await plain.cql.open(datacenters);
    return {
      ...session,
      triggers: async () => triggers,
      describeSchema: async () => {
        const described = await session.describeSchema();
        const isThere = described.some((s) => /CREATE TABLE "?ks"?\."?t"?/.test(s));
        return index === null || !isThere ? described : [...described, `${index};`];
      },
    };
  };
  return { world, ports: { ...plain, cql: { open } } };
}

test('only classes outside Cassandra are foreign; names without a package are its own', () => {
  const using = (name: string) =>
    foreignIndexes(parseSchema(`${TABLE};\nCREATE CUSTOM INDEX i ON ks.t (value) USING '${name}';`)).length;
  for (const own of [
    'sai',
    'SASIIndex',
    'StorageAttachedIndex',
    'legacy_local_table',
    'org.apache.cassandra.index.sasi.SASIIndex',
    'org.apache.cassandra.index.sai.StorageAttachedIndex',
  ])
    assert.equal(using(own), 0, own);
  assert.equal(using('com.stratio.cassandra.lucene.Index'), 1);
  assert.equal(foreignIndexes(parseSchema(`${TABLE};\nCREATE INDEX i ON ks.t (value);`)).length, 0);
});

test('a backup names indexes and triggers that it cannot hold, and the restore what to run afterwards', async () => {
  const { world, ports } = clusterWith(FOREIGN, [TRIGGER]);
  await beforeBackup(ports, { ...OPTIONS, tag: TAG });
  assert.match(
    world.warnings.join('\n'),
    /not Cassandra's: "ks"\."by_text" \(com\.example\.Index\)\. A snapshot has no files/,
  );
  assert.match(
    world.warnings.join('\n'),
    /It names them: CREATE TRIGGER "audit" ON "ks"\."t" USING 'com\.example\.Audit'/,
  );
  world.warnings.length = 0;
  await afterRestore(ports, { ...OPTIONS, tag: TAG });
  assert.match(world.warnings.join('\n'), /run `nodetool rebuild_index ks t by_text` on every node/);
  assert.doesNotMatch(world.warnings.join('\n'), /TRIGGER/, 'the table stays, and its trigger with it');
});

test('a table that is recreated loses its triggers: the statements are in the backup', async () => {
  const { world, ports } = clusterWith(null, [TRIGGER]);
  await beforeBackup(ports, { ...OPTIONS, tag: TAG });
  world.cluster.change('DROP TABLE IF EXISTS "ks"."t"');
  world.warnings.length = 0;
  await afterRestore(ports, { ...OPTIONS, tag: TAG });
  assert.match(
    world.warnings.join('\n'),
    /without their triggers\. Run afterwards: CREATE TRIGGER "audit" ON "ks"\."t"/,
  );
});

test('a row of system_schema.triggers becomes its statement', () => {
  const row = { keyspace_name: 'Ks', table_name: 't', trigger_name: 'a"b', options: { class: "o'x" } };
  assert.deepEqual(triggerOf(row), {
    ...{ keyspace: 'Ks', table: 't' },
    statement: `CREATE TRIGGER "a""b" ON "Ks"."t" USING 'o''x'`,
  });
});

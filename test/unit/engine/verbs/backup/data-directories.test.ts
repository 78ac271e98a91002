import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directoriesFrom } from '../../../../../src/adapters/cql/settings.ts';
import type { DataSettings } from '../../../../../src/domain/cluster/data-directories.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';
import { afterRestore } from '../../../../../src/engine/verbs/after-restore.ts';
import { beforeBackup } from '../../../../../src/engine/verbs/before-backup.ts';
import { doctor } from '../../../../../src/engine/verbs/doctor.ts';
import type { Ports } from '../../../../../src/ports/ports.ts';
import { OPTIONS } from '../../../support/restorable-cluster.ts';
import { unseenKasten } from '../../../support/unseen-kasten.ts';
import { worldWithTable } from '../../../support/world-with-table.ts';

// Data where kassette does not look, or where Cassandra would not: refused by name, before anything is changed.

const TAGS = ['kassette-20260301T021500Z-1a2b', 'kassette-20260302T021500Z-3c4d'] as const;

function clusterWith(data: Partial<DataSettings> = {}) {
  const world = worldWithTable();
  const plain = world.ports();
  const ports: Ports = {
    ...plain,
    cql: {
      open: async (datacenters) => ({
        ...(await plain.cql.open(datacenters)),
        directories: async () => ({ data: null, system: null, logs: new Map(), ...data }),
      }),
    },
  };
  const volume = world.cluster.nodes[1]?.volume ?? '';
  const snapshots = async () =>
    (await Promise.all(world.cluster.nodes.map((n) => plain.volumes.survey(n)))).flatMap((s) => s.snapshots);
  return { world, ports, volume, snapshots };
}

const BARE = /^n-dc0-1 has table ks\.t in data\/ks\/t, a directory without the table's id/;

test('a table in a directory without an id is refused before the last backup makes way', async () => {
  const { ports, volume, snapshots } = clusterWith();
  await beforeBackup(ports, { ...OPTIONS, tag: TAGS[0], abandonAfterMs: 0 });
  mkdirSync(join(volume, 'data/ks/t'));
  const again = () => beforeBackup(ports, { ...OPTIONS, tag: TAGS[1] });
  await assert.rejects(again(), { code: 'DATA_DIRECTORY', message: BARE });
  assert.deepEqual([...new Set(await snapshots())], [TAGS[0]]);
  rmSync(join(volume, 'data/ks/t'), { recursive: true });
  mkdirSync(join(volume, 'data/ks/dropped_long_ago'));
  assert.equal((await again()).tag, TAGS[1]);
});

test('and before a restore changes anything: Cassandra would look there for the table', async () => {
  const { world, ports, volume } = clusterWith();
  await beforeBackup(ports, { ...OPTIONS, tag: TAGS[0] });
  world.cluster.change('DROP TABLE IF EXISTS "ks"."t"');
  mkdirSync(join(volume, 'data/ks/t'));
  await assert.rejects(afterRestore(ports, { ...OPTIONS, tag: TAGS[0] }), {
    code: 'DATA_DIRECTORY',
    message: BARE,
  });
  assert.deepEqual(
    [...world.cluster.tableIds().keys()].filter((k) => k.startsWith('ks.')),
    [],
  );
});

test('a data directory that only Cassandra knows is refused: its files would be missing in the backup', async () => {
  const { ports, snapshots } = clusterWith({ data: ['/mnt/more/data/'] });
  await assert.rejects(beforeBackup(ports, { ...OPTIONS, tag: TAGS[0] }), {
    code: 'DATA_DIRECTORY',
    message: /^n-dc0 has data in \/mnt\/more\/data, which the configuration that kassette sees does not name/,
  });
  assert.deepEqual(await snapshots(), []);
});

test('system tables in a place of their own: the backup can be restored warm only, and that is said', async () => {
  const { world, ports } = clusterWith({ system: '/mnt/system' });
  await beforeBackup(ports, { ...OPTIONS, tag: TAGS[0] });
  assert.match(
    world.warnings.join(),
    /n-dc0 keeps its system tables in \/mnt\/system: .* cannot be restored cold/,
  );
});

test('what the releases say of their directories is understood, and what cannot be is not known', () => {
  const from = (data: string | null) => directoriesFrom(new Map([['data_file_directories', data]])).data;
  assert.deepEqual(from('[/var/lib/cassandra/data, /mnt/more]'), ['/var/lib/cassandra/data', '/mnt/more']);
  assert.deepEqual(from('["/var/lib/cassandra/data","/mnt/more"]'), ['/var/lib/cassandra/data', '/mnt/more']);
  for (const unknown of ['[Ljava.lang.String;@1b2c', '[]', '', null]) assert.equal(from(unknown), null);
});

test('doctor names directories without an id, and as a problem a data directory that is a link', async () => {
  const { ports: plain, volume } = clusterWith();
  const ports = { ...plain, kasten: unseenKasten };
  const found = async () => {
    const { checks } = await doctor(ports, { ...OPTIONS, kastenNamespace: 'kasten-io' });
    const own = checks.find((c) => c.check === 'volumes')?.findings ?? [];
    return own.map((f) => `${f.level}: ${f.message}`).join('\n');
  };
  assert.doesNotMatch(await found(), /directory/);
  mkdirSync(join(volume, 'data/ks/t'));
  assert.match(await found(), /warning: n-dc0-1 has data\/ks\/t, a directory of a table without its id/);
  const survey: Ports['volumes']['survey'] = async () => {
    throw new KassetteError('DATA_DIRECTORY', 'n-dc0-1: data directory data is a link.', 'Name it.');
  };
  const linked = { ...ports, volumes: { ...ports.volumes, survey } };
  const { checks } = await doctor(linked, { ...OPTIONS, kastenNamespace: 'kasten-io' });
  const problems = checks.flatMap((c) => c.findings).filter((f) => f.level === 'problem');
  assert.match(problems.map((p) => p.message).join(), /data directory data is a link/);
});

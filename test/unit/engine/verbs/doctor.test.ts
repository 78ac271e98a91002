import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError, RejectedCredentials } from '../../../../src/domain/errors.ts';
import { beforeBackup } from '../../../../src/engine/verbs/before-backup.ts';
import { doctor } from '../../../../src/engine/verbs/doctor.ts';
import type { CqlSession } from '../../../../src/ports/cql.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { OPTIONS } from '../../support/restorable-cluster.ts';
import { unseenKasten } from '../../support/unseen-kasten.ts';
import { worldWithTable } from '../../support/world-with-table.ts';

// What doctor asks of Cassandra and measures in volumes: what a backup or a restore would meet, seen beforehand.

const TAG = 'kassette-20260301T021500Z-1a2b';
const CHANGED = '2026-03-02T00:00:00.000Z';

function cluster(session: Partial<CqlSession> = {}) {
  const world = worldWithTable();
  const plain = world.ports();
  const open: Ports['cql']['open'] = async (of) => ({ ...(await plain.cql.open(of)), ...session });
  const datacenters = { value: [{ name: 'dc0', labels: {}, annotations: {} }] };
  const look: Ports['kasten']['look'] = async (of) => ({ ...(await unseenKasten.look(of)), datacenters });
  const ports: Ports = { ...plain, cql: { open }, kasten: { ...unseenKasten, look } };
  return { world, ports };
}

/** Of the checks of the nodes: `level: message`. */
async function found(ports: Ports): Promise<readonly string[]> {
  const { checks } = await doctor(ports, { ...OPTIONS, kastenNamespace: 'kasten-io' });
  const own = checks.filter(({ check }) => check === 'cassandra' || check === 'volumes');
  assert.equal(own.length, 2);
  return own.flatMap((c) => c.findings.map((f) => `${f.level}: ${f.message}`));
}

/** Neither may be asked for anything that changes something. */
function onlyReading(ports: Ports): Ports {
  const only = <T extends object>(port: T, allowed: readonly string[]): T =>
    new Proxy(port, {
      get(own, key) {
        const member: unknown = Reflect.get(own, key);
        if (typeof member !== 'function') return member;
        if (allowed.includes(String(key))) return member.bind(own);
        return () => assert.fail(`doctor calls ${String(key)}`);
      },
    });
  const asked = ['schemaSettings', 'describeSchema', 'triggers', 'directories', 'close', 'then'];
  return {
    ...ports,
    volumes: only(ports.volumes, ['survey', 'liveSize', 'logFiles']),
    control: only(ports.control, ['isReady', 'endpoints', 'schemaVersions']),
    lease: only(ports.lease, []),
    events: only(ports.events, []),
    clones: only(ports.clones, []),
    recovery: only(ports.recovery, []),
    cql: { open: async (of) => only(await ports.cql.open(of), asked) },
  };
}

test('of a cluster that can be backed up and restored nothing is said, and nothing in it is changed', async () => {
  const { world, ports } = cluster();
  const stateOf = () => ({ ...structuredClone(world.cluster.state), nowMs: 0 });
  const before = stateOf();
  assert.deepEqual(await found(onlyReading(ports)), []);
  assert.deepEqual(stateOf(), before);
});

test('the volume of each node is looked into once', async () => {
  const { world, ports } = cluster();
  const seen: string[] = [];
  const survey: Ports['volumes']['survey'] = async (node) => {
    seen.push(node.name);
    return ports.volumes.survey(node);
  };
  const volumes = new Proxy(ports.volumes, {
    get: (own, key) => (key === 'survey' ? survey : Reflect.get(own, key)),
  });
  const { checks } = await doctor({ ...ports, volumes }, { ...OPTIONS, kastenNamespace: 'kasten-io' });
  assert.ok(checks.some(({ check }) => check === 'archiving'));
  assert.deepEqual(
    seen,
    world.cluster.nodes.map((n) => n.name),
  );
});

test('a release that kassette does not know', async () => {
  const { ports } = cluster();
  const endpoints: Ports['control']['endpoints'] = async (node) =>
    (await ports.control.endpoints(node)).map((m) => ({ ...m, releaseVersion: '6.0.0' }));
  assert.match(
    (await found({ ...ports, control: { ...ports.control, endpoints } })).join('\n'),
    /^problem: \S+ runs Cassandra 6\.0\.0; kassette knows 4\.0, 4\.1, 5\.0\.$/,
  );
});

test('a schema that a backup could not read', async () => {
  const describeSchema = async () => ["COMMENT ON TABLE ks.t IS 'a';"];
  assert.match(
    (await found(cluster({ describeSchema }).ports)).join('\n'),
    /^problem: The schema has a statement that cannot be understood/,
  );
});

test('what is in no snapshot and in no DESCRIBE, and what the nodes do not create again', async () => {
  const { ports } = cluster();
  const plain = await ports.cql.open(await ports.datacenters.find([]));
  const described = async () => [
    ...(await plain.describeSchema()),
    "CREATE CUSTOM INDEX by_text ON ks.t (value) USING 'com.example.Index';",
    "CREATE CUSTOM INDEX s ON ks.t (value) USING 'org.apache.cassandra.index.sasi.SASIIndex';",
  ];
  const session: Partial<CqlSession> = {
    describeSchema: described,
    triggers: async () => [{ keyspace: 'ks', table: 't', statement: 'CREATE TRIGGER "a" …' }],
    schemaSettings: async () => ({ release: '5.0.6', off: new Set(['sasi']), memtables: null }),
  };
  const all = await found(cluster(session).ports);
  assert.deepEqual(
    all.map((f) => f.split(/[:,.]/).slice(0, 2).join()),
    [
      "warning, Made by classes that are not Cassandra's",
      'warning, Cassandra does not describe triggers',
      'warning, The nodes would not create these again',
    ],
  );
});

test('data and logs that lie where kassette does not look, or a cold restore does not clear', async () => {
  const directories = (change: object) => async () => ({
    data: null,
    system: null,
    logs: new Map(),
    ...change,
  });
  const of = async (change: object) =>
    (await found(cluster({ directories: directories(change) }).ports)).join('\n');
  assert.match(await of({ data: ['/mnt/more'] }), /^problem: n-dc0 has data in \/mnt\/more, which/);
  assert.match(
    await of({ system: '/mnt/system' }),
    /^warning: n-dc0 keeps its system tables in \/mnt\/system/,
  );
  assert.match(
    await of({ logs: new Map([['hints', '/mnt/hints']]) }),
    /^warning: n-dc0 keeps its hints outside/,
  );
});

test('a password that is not that of the volumes, with what is newer', async () => {
  const { ports } = cluster();
  await beforeBackup(ports, { ...OPTIONS, tag: TAG });
  const open: Ports['cql']['open'] = async () => {
    throw new RejectedCredentials(CHANGED, 'Cassandra did not accept those of secret ns/s', 'Check it.');
  };
  assert.match(
    (await found({ ...ports, cql: { open } })).join('\n'),
    new RegExp(
      `problem: Cassandra did not accept those of secret ns/s\\. It was last changed at ${CHANGED}, after backup ${TAG} was made`,
    ),
  );
});

test('a password that was changed since the backup in the volumes', async () => {
  const origin = { called: 'secret ns/s', changedAt: CHANGED };
  const { ports } = cluster({ origin });
  assert.deepEqual(await found(ports), []);
  await beforeBackup(ports, { ...OPTIONS, tag: TAG });
  const rotated = (await found(ports)).filter((f) => f.includes('secret ns/s'));
  assert.match(rotated.join('\n'), new RegExp(`^warning: .* changed at ${CHANGED}, after backup ${TAG}`));
  const older = {
    ...ports,
    cql: cluster({ origin: { ...origin, changedAt: '2026-02-01T00:00:00.000Z' } }).ports.cql,
  };
  assert.doesNotMatch((await found(older)).join('\n'), /secret ns\/s/);
});

test('volumes without room for a copy that loses hard links', async () => {
  const { ports } = cluster();
  const of = async (missing: number) => {
    const volumes = new Proxy(ports.volumes, {
      get: (own, key) =>
        key === 'liveSize'
          ? async (node: Parameters<typeof own.liveSize>[0]) => {
              const { liveBytes } = await own.liveSize(node);
              assert.ok(liveBytes > 0);
              return { liveBytes, freeBytes: liveBytes - missing };
            }
          : Reflect.get(own, key).bind(own),
    });
    return (await found({ ...ports, volumes })).join('\n');
  };
  assert.match(
    await of(1),
    /^warning: A copy that is made file by file .* n-dc0 \(.*\), n-dc0-1 \(.*\) are too small/,
  );
  assert.equal(await of(0), '');
});

test('what could not be asked is unknown, and never passes for right', async () => {
  const { world, ports } = cluster();
  const forbidden: Ports['cql']['open'] = async () => {
    throw new KassetteError('FORBIDDEN', 'Kubernetes does not allow to get secrets/s.', 'Grant it.');
  };
  assert.deepEqual(await found({ ...ports, cql: { open: forbidden } }), [
    'unknown: Kubernetes does not allow to get secrets/s.',
  ]);
  const [node] = world.cluster.nodes;
  assert.ok(node);
  const isReady: Ports['control']['isReady'] = async (n) => n.name !== node.name;
  assert.match(
    (await found({ ...ports, control: { ...ports.control, isReady } })).join('\n'),
    /^unknown: Cassandra of cluster \S+ was not asked: Node n-dc0 does not/,
  );
});

test('of a ring in several namespaces each one is looked at, the nodes once', async () => {
  const { ports } = cluster();
  const other: Ports['kasten'] = { ...ports.kasten, namespace: 'other' };
  const several = {
    ...ports,
    kasten: { ...ports.kasten, whole: { cluster: { namespace: 'ns', name: 'c' }, others: [other] } },
  };
  const options = { ...OPTIONS, kastenNamespace: 'kasten-io' };
  const { namespace, checks } = await doctor(several, options);
  const [one, both] = [(await doctor(ports, options)).checks, checks];
  assert.equal(namespace, 'ns, other');
  const of = (place: string | undefined) => both.filter((c) => c.namespace === place).map((c) => c.check);
  const ofNodes = ['volumes', 'cassandra', 'archiving'];
  const each = one.map((c) => c.check).filter((c) => !ofNodes.includes(c));
  assert.deepEqual([of('ns'), of('other')], [each, each]);
  assert.deepEqual(of(undefined), [...ofNodes, 'namespaces']);
});

test('what an operator is about to do with a datacenter is a check of its own, where one runs it', async () => {
  const { ports } = cluster();
  const options = { ...OPTIONS, kastenNamespace: 'kasten-io' };
  const of = async (checkRestorable?: () => Promise<void>) => {
    const datacenters =
      checkRestorable === undefined ? ports.datacenters : { ...ports.datacenters, checkRestorable };
    const { checks } = await doctor({ ...ports, datacenters }, options);
    return checks
      .filter((c) => c.check === 'operator')
      .map((c) => c.findings.map((f) => [f.level, f.message]));
  };
  const failing = (code: 'NOT_READY' | 'FORBIDDEN') => async () => {
    throw new KassetteError(code, `It is ${code}.`, 'Wait.');
  };
  assert.deepEqual(await of(), []);
  assert.deepEqual(await of(async () => {}), [[]]);
  assert.deepEqual(await of(failing('NOT_READY')), [[['warning', 'It is NOT_READY.']]]);
  assert.deepEqual(await of(failing('FORBIDDEN')), [[['unknown', 'It is FORBIDDEN.']]]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KassetteError } from '../../../../src/domain/errors.ts';
import {
  type Asked,
  checkCarries,
  checkReads,
  checkSameVolumes,
  startedByOthers,
} from '../../../../src/domain/restore-state/asked.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { recover } from '../../../../src/engine/verbs/recover.ts';
import { OPTIONS, outcomeOf, RestorableCluster, TAG } from '../../support/restorable-cluster.ts';

// A datacenter that is scaled, upgraded or gets other volumes while it is restored cold. What starts it is in the simulation.
const ASKED: Asked = {
  ...{ datacenter: 'dc', stopped: true, revision: 'u/2', noted: null, release: '4.1.9', by: null },
  racks: [
    { rack: 'r1', nodes: 2 },
    { rack: 'r2', nodes: 1 },
  ],
};
const volume = (rack: string, ordinal: number, uid = 'u') => ({
  ...{ name: `server-data-c-dc-${rack}-sts-${ordinal}`, datacenter: 'dc', uid },
  place: { rack, ordinal },
});
const THREE = [volume('r1', 0), volume('r1', 1), volume('r2', 0)];
const sized = (r1: number, r2: number): Asked => ({
  ...ASKED,
  racks: [
    { rack: 'r1', nodes: r1 },
    { rack: 'r2', nodes: r2 },
  ],
});

test('nodes without a restored volume, and volumes without a node, are refused by name', () => {
  const check =
    (asked: Asked, volumes = THREE) =>
    () =>
      checkCarries(asked, volumes, 'Nothing was changed.');
  assert.doesNotThrow(check(ASKED));
  const code = 'DATACENTER_CHANGED';
  assert.throws(check(sized(2, 2)), {
    code,
    message: /4 nodes, and 3 volumes .* no volume for node 1 of rack r2/,
  });
  assert.throws(check(sized(1, 1)), {
    code,
    message: /no node for server-data-c-dc-r1-sts-1/,
    hint: /spec\.size/,
  });
  const other = {
    ...ASKED,
    racks: [
      { rack: 'r1', nodes: 2 },
      { rack: 'r3', nodes: 1 },
    ],
  };
  assert.throws(check(other), { code, message: /node 0 of rack r3.* no node for server-data-c-dc-r2-sts-0/ });
  // What is not known is no reason to refuse, and another datacenter has volumes of its own.
  assert.doesNotThrow(check({ ...sized(9, 9), racks: null }));
  assert.doesNotThrow(() => checkCarries(sized(9, 9), [{ ...volume('r1', 0), place: null }], ''));
  assert.doesNotThrow(check(ASKED, [...THREE, { ...volume('r1', 7), datacenter: 'other' }]));
});

test('a Cassandra that cannot read the backup is refused by its line, whatever the number says within that', () => {
  const check = (release: string | null, cassandraVersion?: string) => () =>
    checkReads(
      { ...ASKED, release },
      [{ tag: TAG, ...(cassandraVersion === undefined ? {} : { cassandraVersion }) }],
      'Nothing was changed.',
    );
  assert.doesNotThrow(check('4.1.2', '4.1.9'));
  assert.doesNotThrow(check('5.0.6', '4.1.9'));
  assert.doesNotThrow(check('4.1.9'));
  assert.doesNotThrow(check(null, '5.0.6'));
  assert.throws(check('4.1.9', '5.0.6'), { code: 'OLDER_CASSANDRA', hint: /spec\.serverVersion.*5\.0\.6/ });
  assert.throws(check('6.0.0', '5.0.6'), { code: 'UNSUPPORTED_SERVER' });
});

test('volumes that are gone, have come, or were replaced are named', () => {
  const check = (now: typeof THREE) => () => checkSameVolumes(THREE, now, '');
  assert.doesNotThrow(check(THREE.toReversed()));
  const code = 'DATACENTER_CHANGED';
  assert.throws(check(THREE.slice(1)), { code, message: /server-data-c-dc-r1-sts-0 is gone\./ });
  assert.throws(check([...THREE, volume('r2', 1)]), { code, message: /r2-sts-1 has come/ });
  assert.throws(check([volume('r1', 0, 'other'), ...THREE.slice(1)]), {
    code,
    message: /r1-sts-0 was replaced by another volume of its name/,
  });
});

test('who has started the datacenter is named where the API server knows', () => {
  assert.match(
    startedByOthers({ ...ASKED, by: 'argocd-controller' }, '').message,
    /set by `argocd-controller`/,
  );
  assert.doesNotMatch(startedByOthers(ASKED, '').message, /last set/);
});

const MORE: Partial<Asked> = { racks: [{ rack: 'r', nodes: 2 }] };
const PLACED = { place: { rack: 'r', ordinal: 0 } };

test('one that does not fit its volumes is refused before it is stopped', async () => {
  const c = new RestorableCluster();
  Object.assign(c, { asked: MORE, claims: PLACED });
  assert.equal(await outcomeOf(recover(c.ports, OPTIONS)), 'DATACENTER_CHANGED');
  assert.deepEqual(c.done, []);
  assert.match(c.told.join(), /^RestoreRefused: This run changed no volume: .*asked to have 2 nodes/);
});

const CHANGES: Readonly<Record<string, Partial<Pick<RestorableCluster, 'asked' | 'claims'>>>> = {
  scaled: { asked: MORE, claims: PLACED },
  'given an older Cassandra': { asked: { release: '4.0.17' } },
  'given other claims': { claims: { ...PLACED, uid: 'fresh' } },
};

for (const [name, change] of Object.entries(CHANGES)) {
  test(`${name} before a volume was changed: refused, and started again as it was`, async () => {
    const c = new RestorableCluster();
    c.claims = PLACED;
    c.before = (what) => {
      if (what === 'look n-dc2') Object.assign(c, change);
    };
    const code = name.includes('older') ? 'OLDER_CASSANDRA' : 'DATACENTER_CHANGED';
    assert.equal(await outcomeOf(recover(c.ports, OPTIONS)), code);
    assert.deepEqual(c.done, ['stop dc1', 'stop dc2', 'start dc1', 'start dc2']);
  });

  test(`${name} before it is started: stays stopped with its backup, and the next run ends the restore`, async () => {
    const c = new RestorableCluster();
    c.claims = PLACED;
    c.before = (what) => {
      if (what === 'clean n-dc2') Object.assign(c, change);
    };
    await assert.rejects(recover(c.ports, OPTIONS), { hint: /stay stopped, and the backup is whole/ });
    assert.deepEqual([...c.stopped.values()], ['changing', 'changing']);
    assert.ok(!c.done.some((what) => what.startsWith('start')), c.done.join());
    Object.assign(c, { before: () => {}, asked: {}, claims: PLACED });
    const { clusters } = await recover(c.ports, OPTIONS);
    assert.deepEqual([clusters[0]?.tag, c.stopped.size], [TAG, 0]);
  });
}

/** From its start on it is asked to have other nodes, and its operator is at work on that. */
function scaledAfterStart(racks: Asked['racks']) {
  const c = new RestorableCluster();
  let isScaled = false;
  let seen = 0;
  c.claims = PLACED;
  c.before = (what) => {
    if (what !== 'start dc2') return;
    isScaled = true;
    c.asked = { racks };
  };
  const { ports } = c;
  const find: typeof ports.datacenters.find = async (names) => {
    const all = await ports.datacenters.find(names);
    if (!isScaled) return all;
    seen++;
    const unready = { reason: 'is being scaled up', passing: true, atWork: true };
    return all.map((d) => ({ ...d, unready }));
  };
  return { c, ports: { ...ports, datacenters: { ...ports.datacenters, find } }, seen: () => seen };
}

const SCALED = {
  up: {
    racks: [{ rack: 'r', nodes: 2 }],
    names: /no volume for node 1 of rack r/,
    way: /has decommissioned nodes that have joined/,
  },
  down: {
    racks: [{ rack: 'r', nodes: 0 }],
    names: /no node for /,
    way: /bring all volumes back from the restore point/,
  },
};
for (const [direction, { racks, names, way }] of Object.entries(SCALED)) {
  test(`scaled ${direction} after the start: not waited for; the cause and the way out are named`, async () => {
    const { c, ports, seen } = scaledAfterStart(racks);
    const error: unknown = await recover(ports, OPTIONS).catch((e: unknown) => e);
    assert.ok(error instanceof KassetteError);
    assert.equal(error.code, 'DATACENTER_CHANGED', error.message);
    assert.match(error.message, /scaled after it was started on restored volumes/);
    assert.match(error.message, names);
    assert.match(error.hint, way);
    assert.match(error.hint, /restored 2 volumes cold .*`spec\.size`.*after-restore/);
    assert.doesNotMatch(error.hint, /Nothing was changed/);
    assert.equal(seen(), 1, 'it waited');
    // Set back, the restore comes to its end.
    c.asked = {};
    const { clusters } = await afterRestore(c.ports, OPTIONS);
    assert.equal(clusters[0]?.tag, TAG);
  });
}

test('what runs among the nodes by something else does not count as restored, whatever the journals say', async () => {
  const c = new RestorableCluster();
  await c.restoreCold();
  c.world.cluster.state.noted['dc1'] = 1;
  const { method, clusters } = await afterRestore(c.ports, OPTIONS);
  assert.deepEqual([method, clusters[0]?.outcome, clusters[0]?.cold], ['warm', 'restored', null]);
  assert.match(
    c.warnings.join(),
    /dc1 was started before all volumes were restored cold: all tables are loaded again/,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSaved } from '../../../../../src/domain/k8ssandra/saved.ts';
import { Bed } from '../../../support/k8ssandra-bed.ts';
import { adaptersFor, connectionTo, type Server } from '../../../support/object-connection.ts';

// What a backup leaves in the namespaces of a K8ssandraCluster, and what it needs for that.

const TAG = 'kassette-20260301T021500Z-1a2b';

async function keeping(server: Server = {}) {
  const bed = await Bed.running();
  const { connection, writes, kept } = connectionTo(bed.store, server);
  const { above, datacenters } = await adaptersFor(connection);
  await datacenters.find([]);
  return { bed, above: above ?? assert.fail(), writes, kept };
}

test('the object is kept in each namespace, and a copy of the superuser’s secret without an owner in its own', async () => {
  const { bed, above, writes, kept } = await keeping();
  const text = await above.read();
  assert.deepEqual(writes, []);
  await above.keep(TAG, text);
  assert.deepEqual(writes, [
    'apply Secret k8ss/kassette-superuser-two',
    'apply ConfigMap k8ss/kassette-k8ssandra-two',
    'apply ConfigMap k8ss-b/kassette-k8ssandra-two',
  ]);
  for (const namespace of ['k8ss', 'k8ss-b']) {
    const { metadata, data } = kept.get(`ConfigMap ${namespace}/kassette-k8ssandra-two`) ?? assert.fail();
    assert.deepEqual(data, { 'k8ssandra.json': text });
    assert.equal(metadata.annotations?.['kassette/backup'], TAG);
  }
  const { metadata, data } = kept.get('Secret k8ss/kassette-superuser-two') ?? assert.fail();
  const secret = await bed.secret();
  assert.deepEqual(data, secret.data);
  assert.deepEqual(
    [metadata.ownerReferences, metadata.annotations?.['kassette/copy-of']],
    [undefined, 'tworings-superuser'],
  );
  // Names of secrets, and nothing that is in them.
  const saved = parseSaved('n1', text);
  assert.deepEqual(saved.secrets, [
    { namespace: 'k8ss', names: ['tworings-superuser'] },
    { namespace: 'k8ss-b', names: ['tworings-superuser'] },
  ]);
  for (const value of Object.values(secret.data ?? {})) {
    assert.ok(!text.includes(value));
    const plain = Buffer.from(value, 'base64').toString();
    if (plain !== 'tworings-superuser') assert.ok(!text.includes(plain));
  }
  assert.deepEqual(Object.keys(saved.status.datacenters), ['dc1', 'dc2']);
});

test('what is kept of another K8ssandraCluster of the namespace is not taken for this one’s, whichever build kept it', async () => {
  const own = await (await keeping()).above.read();
  const other = own.replaceAll('"two"', '"three"');
  assert.notEqual(other, own);
  const isKnown = async (maps: Readonly<Record<string, string>>) => {
    const { connection, kept } = connectionTo(new Bed().store);
    for (const [name, text] of Object.entries(maps))
      kept.set(`ConfigMap k8ss/${name}`, {
        metadata: { name, namespace: 'k8ss' },
        data: { 'k8ssandra.json': text },
      });
    return ((await (await adaptersFor(connection)).above?.lacking()) ?? null) !== null;
  };
  assert.ok(await isKnown({ 'kassette-k8ssandra-two': own, 'kassette-k8ssandra-three': other }));
  assert.ok(await isKnown({ 'kassette-k8ssandra-two': own, 'kassette-k8ssandra': other }));
  assert.ok(await isKnown({ 'kassette-k8ssandra': own, 'kassette-k8ssandra-three': other }));
  assert.ok(!(await isKnown({ 'kassette-k8ssandra': other, 'kassette-k8ssandra-two': other })));
});

test('what may not be kept is said before anything is made, with its namespace', async () => {
  for (const [forbidden, namespace, right] of [
    ['k8ss-b create configmaps/kassette-k8ssandra-two', 'k8ss-b', 'create configmaps/kassette-k8ssandra-two'],
    ['k8ss patch configmaps/kassette-k8ssandra-two', 'k8ss', 'patch configmaps/kassette-k8ssandra-two'],
    ['k8ss create secrets/kassette-superuser-two', 'k8ss', 'create secrets/kassette-superuser-two'],
  ] as const) {
    const { above, writes } = await keeping({ forbidden: [forbidden] });
    await assert.rejects(above.read(), {
      code: 'FORBIDDEN',
      message: new RegExp(`^Kubernetes does not allow in namespace ${namespace}: \`${right}\``),
      hint: /kassette rbac --namespace k8ss --k8ssandra-cluster two/,
    });
    assert.deepEqual(writes, []);
  }
});

test('a status is not given back without the right to it', async () => {
  const { above, writes } = await keeping({ forbidden: ['k8ss patch k8ssandraclusters/status'] });
  await assert.rejects(
    above.giveBack(() => null, []),
    {
      code: 'FORBIDDEN',
      message: /`patch k8ssandraclusters\/status\.k8ssandra\.io\/two` to give a restored K8ssandraCluster/,
    },
  );
  assert.deepEqual(writes, []);
});

test('nor without those to touch each datacenter that waits', async () => {
  for (const verb of ['get', 'patch']) {
    const { above, writes } = await keeping({ forbidden: [`k8ss-b ${verb} cassandradatacenters`] });
    const waiting = { namespace: 'k8ss-b', name: 'dc2' };
    const write = () => ({ datacenters: {}, conditions: [] });
    await assert.rejects(above.giveBack(write, [waiting]), {
      code: 'FORBIDDEN',
      message: new RegExp(`^Kubernetes does not allow in namespace k8ss-b: \`${verb} cassandradatacenters`),
    });
    assert.deepEqual(writes, []);
    assert.deepEqual(await above.giveBack(write, []), []);
  }
});

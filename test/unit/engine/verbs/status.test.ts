import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStatus } from '../../../../src/cli/render/status.ts';
import { doctor } from '../../../../src/engine/verbs/doctor.ts';
import { status } from '../../../../src/engine/verbs/status.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { OPTIONS, RestorableCluster } from '../../support/restorable-cluster.ts';
import { unseenKasten } from '../../support/unseen-kasten.ts';

function withoutNodesIn(name: string): Ports {
  const { ports } = new RestorableCluster();
  const find: Ports['datacenters']['find'] = async (names) =>
    (await ports.datacenters.find(names)).map((d) =>
      d.name === name ? { ...d, nodes: [], unready: { reason: 'has 0 of 3 pods', passing: true } } : d,
    );
  return { ...ports, kasten: unseenKasten, datacenters: { ...ports.datacenters, find } };
}

test('status of a datacenter without nodes says so, and does not end well', async () => {
  const fine = renderStatus(await status(new RestorableCluster().ports, OPTIONS));
  assert.equal(fine.failure, undefined);
  assert.match(fine.text, /^c: dc1 \(1 of 1 nodes ready\), dc2 \(1 of 1 nodes ready\)/);
  const half = renderStatus(await status(withoutNodesIn('dc2'), OPTIONS));
  assert.equal(half.failure, 'NOT_READY');
  assert.match(half.text, /dc2 \(NO NODES FOUND: it has 0 of 3 pods\)/);
  const none = renderStatus(await status(withoutNodesIn('dc2'), { ...OPTIONS, datacenters: ['dc2'] }));
  assert.equal(none.failure, 'NOT_READY');
  assert.match(none.text, /no volume could be read/);
});

test('doctor tells of it, too', async () => {
  const options = { ...OPTIONS, kastenNamespace: 'kasten-io' };
  const of = async (ports: Ports) =>
    (await doctor(ports, options)).checks.find((c) => c.check === 'volumes')?.findings ?? [];
  const [finding] = await of(withoutNodesIn('dc2'));
  assert.equal(finding?.level, 'problem');
  assert.match(finding?.message ?? '', /^No node was found of a datacenter: dc2 has 0 of 3 pods\./);
});

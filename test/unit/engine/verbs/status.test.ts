import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderStatus } from '../../../../src/cli/render/status.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import type { Run } from '../../../../src/domain/last-runs.ts';
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

test('status says which namespace a datacenter is in where they are in several', async () => {
  const { ports } = new RestorableCluster();
  const find: Ports['datacenters']['find'] = async (names) =>
    (await ports.datacenters.find(names)).map((d) => ({ ...d, namespace: `of-${d.name}` }));
  const { text } = renderStatus(
    await status({ ...ports, datacenters: { ...ports.datacenters, find } }, OPTIONS),
  );
  assert.match(text, /^c: dc1 in of-dc1 \(1 of 1 nodes ready\), dc2 in of-dc2 \(1 of 1 nodes ready\)/);
});

test('doctor tells of it, too', async () => {
  const options = { ...OPTIONS, kastenNamespace: 'kasten-io' };
  const of = async (ports: Ports) =>
    (await doctor(ports, options)).checks.find((c) => c.check === 'volumes')?.findings ?? [];
  const [finding] = await of(withoutNodesIn('dc2'));
  assert.equal(finding?.level, 'problem');
  assert.match(finding?.message ?? '', /^No node was found of a datacenter: dc2 has 0 of 3 pods\./);
});

const FAILED: Run = {
  ...{ id: 'a', command: 'before-backup', hook: true, datacenters: [], tag: null, code: 'NODE_DOWN' },
  ...{ startedAt: '2026-03-01T02:15:00.000Z', endedAt: '2026-03-01T02:16:01.000Z', message: 'n1 is down.' },
};
const withRuns = (ports: Ports, last: readonly Run[] | null): Ports => ({
  ...ports,
  runs: { last: async () => last, note: async () => assert.fail('it looks only') },
});

test('status shows the last runs, also where nothing can be said of the volumes', async () => {
  const { ports } = new RestorableCluster();
  const fine = renderStatus(await status(withRuns(ports, [FAILED]), OPTIONS));
  const line =
    /^last runs, the newest first:\n {2}2026-03-01T02:15:00.000Z before-backup by a hook: NODE_DOWN after 1 min 1 s: n1 is down\.$/m;
  assert.match(fine.text, line);
  const gone = new KassetteError('NODE_SHELL', 'No pod answers.', 'Look at it.');
  const broken: Ports = { ...ports, volumes: { ...ports.volumes, survey: () => Promise.reject(gone) } };
  const result = await status(withRuns(broken, [FAILED]), OPTIONS);
  const { text, error, json } = renderStatus(result);
  assert.match(text, line);
  assert.equal(error, gone);
  assert.deepEqual(json, { clusters: [], runs: [FAILED] });
});

test('where no run is known, the error is all there is to say; where they cannot be read, status says so', async () => {
  const { ports } = new RestorableCluster();
  const gone = new KassetteError('NODE_SHELL', 'No pod answers.', 'Look at it.');
  const broken: Ports = { ...ports, volumes: { ...ports.volumes, survey: () => Promise.reject(gone) } };
  for (const runs of [null, []])
    await assert.rejects(status(withRuns(broken, runs), OPTIONS), { code: 'NODE_SHELL' });
  const { text, json } = renderStatus(await status(withRuns(ports, null), OPTIONS));
  assert.match(text, /^last runs: not known, because the lease `kassette` cannot be read$/m);
  assert.equal((json as { readonly runs: unknown }).runs, null);
  assert.doesNotMatch(renderStatus(await status(withRuns(ports, []), OPTIONS)).text, /last runs/);
});

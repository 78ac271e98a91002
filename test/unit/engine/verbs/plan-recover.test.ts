import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderPlan } from '../../../../src/cli/render/restore.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { planVolumes } from '../../../../src/domain/restore-state/offline.ts';
import type { RestoreOptions } from '../../../../src/engine/restore/options.ts';
import { afterRestore } from '../../../../src/engine/verbs/after-restore.ts';
import { plan } from '../../../../src/engine/verbs/plan.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { OPTIONS, outcomeOf, RestorableCluster } from '../../support/restorable-cluster.ts';

/** Datacenters on which a killed run has begun a cold restore. */
function stopped(): RestorableCluster {
  const cluster = new RestorableCluster();
  for (const name of ['dc1', 'dc2']) cluster.stop(name, 'changing');
  return cluster;
}

const BROKEN =
  'INFO  [main] Configuration location: file:/cassandra.yaml\nERROR [main] Exiting due to error while processing commit log during initialization.';

/** One node's Cassandra does not start because of its commit log, until its volume is restored. */
function dirty(cluster: RestorableCluster): Ports {
  const { ports } = cluster;
  const isMended = () => cluster.done.includes('clean n-dc1');
  const isReady: Ports['control']['isReady'] = async (node) =>
    (node.name !== 'n-dc1' || isMended()) && ports.control.isReady(node);
  const log = async () => (isMended() ? '' : BROKEN);
  return { ...ports, control: { ...ports.control, isReady }, recovery: { ...ports.recovery, log } };
}

interface Case {
  readonly name: string;
  readonly found: (cluster: RestorableCluster) => Ports;
  readonly cluster: () => RestorableCluster;
  readonly options: Partial<RestoreOptions>;
  /** What comes of it, by both: `cold`, or an error. */
  readonly outcome: string;
  readonly asks?: boolean;
}

/** As of a place where nothing is restored cold. */
const warmOnly =
  (found: Case['found']): Case['found'] =>
  (cluster) => {
    const ports = found(cluster);
    const unavailable = new KassetteError('USAGE', 'Nothing is restored cold here.', 'Go elsewhere.');
    return { ...ports, recovery: { ...ports.recovery, unavailable } };
  };

const asIs = (cluster: RestorableCluster) => cluster.ports;
const yes = { recover: 'ask', confirm: async () => true } as const;
const CASES: readonly Case[] = [
  {
    name: 'begun and not ended, where none can be',
    ...{ found: warmOnly(asIs), cluster: stopped, options: {}, outcome: 'USAGE' },
  },
  {
    name: 'dirty volumes, where none can be',
    ...{ found: warmOnly(dirty), cluster: () => new RestorableCluster(), options: {} },
    outcome: 'DIRTY_VOLUMES',
  },
  { name: 'begun and not ended', found: asIs, cluster: stopped, options: {}, outcome: 'cold' },
  { name: 'the same, agreed to', found: asIs, cluster: stopped, options: yes, outcome: 'cold', asks: true },
  {
    name: 'the same, forbidden',
    found: asIs,
    cluster: stopped,
    options: { recover: 'never' },
    outcome: 'NOT_READY',
  },
  {
    name: 'the same, warm by request',
    found: asIs,
    cluster: stopped,
    options: { method: 'warm' },
    outcome: 'NOT_READY',
  },
  {
    name: 'asked for',
    found: asIs,
    cluster: () => new RestorableCluster(),
    options: { method: 'cold' },
    outcome: 'cold',
  },
  {
    name: 'asked for, of a part',
    found: asIs,
    cluster: () => new RestorableCluster(),
    ...{ options: { method: 'cold', datacenters: ['dc1'] }, outcome: 'PARTIAL_CLUSTER' },
  },
  {
    name: 'dirty volumes',
    found: dirty,
    cluster: () => new RestorableCluster(),
    options: {},
    outcome: 'cold',
  },
  {
    name: 'dirty volumes, agreed to',
    ...{ found: dirty, cluster: () => new RestorableCluster(), options: yes, outcome: 'cold', asks: true },
  },
  {
    name: 'dirty volumes, forbidden',
    ...{
      found: dirty,
      cluster: () => new RestorableCluster(),
      options: { recover: 'never' },
      outcome: 'DIRTY_VOLUMES',
    },
  },
];

for (const { name, found, cluster, options, outcome, asks = false } of CASES) {
  test(`a cold restore, ${name}: after-restore does what plan prints, and does it without plan`, async () => {
    const planned = cluster();
    const given = { ...OPTIONS, ...options };
    const ports = found(planned);
    const printed = await outcomeOf(plan(ports, given));
    assert.deepEqual(planned.done, []);
    if (typeof printed === 'string') assert.equal(printed, outcome);
    else {
      assert.deepEqual([outcome, printed.clusters, printed.plans], ['cold', [], []]);
      assert.deepEqual(printed.recover?.datacenters, ['dc1', 'dc2']);
      assert.equal(printed.recover?.asks, asks);
      assert.match(renderPlan(printed).text, /^.+\.\nstop dc1, dc2.*\nrestore every volume cold/);
    }
    const unplanned = cluster();
    for (const [run, of] of [
      [planned, ports],
      [unplanned, found(unplanned)],
    ] as const) {
      const done = await outcomeOf(afterRestore(of, given));
      assert.equal(typeof done === 'string' ? done : done.method, outcome);
      if (outcome !== 'cold') assert.deepEqual(run.done, []);
      else assert.deepEqual(run.done.slice(-4), ['start dc1', 'start dc2', 'finish n-dc1', 'finish n-dc2']);
    }
  });
}

test('who does not agree to it has what is found told', async () => {
  const options = { ...OPTIONS, recover: 'ask' } as const;
  const refused = stopped();
  await assert.rejects(afterRestore(refused.ports, options), { code: 'NOT_READY' });
  const broken = new RestorableCluster();
  await assert.rejects(
    afterRestore(dirty(broken), options),
    (e: KassetteError) => e.code === 'DIRTY_VOLUMES',
  );
  assert.deepEqual([refused.done, broken.done], [[], []]);
});

test('volumes that are restored together: those that ran among dirty ones are restored once more', () => {
  const look = { outcome: 'planned' } as const;
  const of = (...looks: readonly ('started since' | typeof look)[]) =>
    planVolumes(looks as Parameters<typeof planVolumes>[0], false)?.map((v) => v.again) ?? null;
  assert.deepEqual(of('started since', 'started since'), null);
  assert.deepEqual(of('started since', look), [true, false]);
  assert.deepEqual(of(look, look), [false, false]);
});

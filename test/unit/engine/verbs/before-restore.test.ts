import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiException } from '@kubernetes/client-node';
import type { Connection } from '../../../../src/adapters/kubernetes/client/connection.ts';
import { kubernetesDatacenters } from '../../../../src/adapters/kubernetes/datacenters/datacenters.ts';
import { renderBeforeRestore } from '../../../../src/cli/render/restore.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import { beforeRestore } from '../../../../src/engine/verbs/before-restore.ts';
import type { Ports } from '../../../../src/ports/ports.ts';
import { OPTIONS as RESTORE, RestorableCluster } from '../../support/restorable-cluster.ts';

const OPTIONS = { ...RESTORE, otherNamespaces: [] };

interface Kubernetes {
  /** Whether it has the kind. */
  readonly served?: boolean;
  /** Where its datacenters may be listed, besides in the namespace itself. */
  readonly allowed?: 'everywhere' | readonly string[];
}

/** A namespace with these datacenters, in a Kubernetes where those run in the namespace `theirs`. */
function before(
  here: readonly string[],
  elsewhere: Readonly<Record<string, string>>,
  { served = true, allowed = 'everywhere' }: Kubernetes = {},
): Ports {
  const { ports } = new RestorableCluster();
  const objectOf = (name: string, namespace: string, clusterName: string) => ({
    metadata: { name, namespace },
    spec: { clusterName, size: 1, stopped: true },
  });
  const distant = Object.entries(elsewhere).map(([name, cluster]) => objectOf(name, 'theirs', cluster));
  const connection = {
    namespace: 'cass-operator',
    objects: {
      listNamespacedCustomObject: async ({ namespace }: { namespace: string }) => {
        if (!served) throw new ApiException(404, 'no such kind', '', {});
        const own = { items: here.map((name) => objectOf(name, 'cass-operator', 'c')) };
        if (namespace === 'cass-operator') return own;
        if (!allowed.includes(namespace)) throw new ApiException(403, 'not there', '', {});
        return { items: namespace === 'theirs' ? distant : [] };
      },
      listClusterCustomObject: async () => {
        if (allowed !== 'everywhere') throw new ApiException(403, 'not everywhere', '', {});
        return { items: distant };
      },
    },
    core: { listNamespacedPod: async () => ({ items: [] }) },
  } as unknown as Connection;
  const datacenters = kubernetesDatacenters(connection, async () => '', new Map());
  return { ...ports, datacenters };
}

test('a restore in place, whose datacenter was deleted, is fine: there is nothing to check yet', async () => {
  const result = await beforeRestore(before([], {}), OPTIONS);
  assert.deepEqual(result.findings, [
    {
      cluster: '',
      ok: true,
      code: null,
      message:
        'There is no CassandraDatacenter in namespace cass-operator. There is nothing to check before it is restored.',
      hint: null,
    },
  ]);
  assert.equal(renderBeforeRestore(result).outputs?.['ok'], 'true');
});

test('an unrelated cluster in another namespace is not named, whether there is a datacenter here or not', async () => {
  for (const here of [[], ['dc']]) {
    const { findings } = await beforeRestore(before(here, { prod: 'unrelated' }), OPTIONS);
    assert.equal(findings.length, 1);
    assert.doesNotMatch(JSON.stringify(findings), /unrelated|prod|theirs/);
  }
});

test('one of the same cluster is', async () => {
  const { findings } = await beforeRestore(before(['dc'], { other: 'c', prod: 'unrelated' }), OPTIONS);
  assert.deepEqual(
    findings.map((f) => f.code),
    ['NOT_READY', 'CLUSTER_ELSEWHERE'],
  );
});

test('with rights in named namespaces it is found in those; in others nobody may look', async () => {
  for (const [allowed, otherNamespaces, found] of [
    [['theirs'], ['cass-operator', 'theirs'], ['NOT_READY', 'CLUSTER_ELSEWHERE']],
    [[], ['cass-operator', 'theirs'], ['NOT_READY']],
    [['theirs'], [], ['NOT_READY']],
  ] as const) {
    const ports = before(['dc'], { other: 'c' }, { allowed });
    const { findings } = await beforeRestore(ports, { ...OPTIONS, otherNamespaces });
    assert.deepEqual(
      findings.map((f) => f.code),
      found,
    );
  }
});

test('a datacenter that is named and not there, or a Kubernetes without any such kind, is not fine', async () => {
  const missing = await beforeRestore(before([], {}), { ...OPTIONS, datacenters: ['dc'] });
  const unserved = await beforeRestore(before([], {}, { served: false }), OPTIONS);
  for (const { findings } of [missing, unserved])
    assert.deepEqual(
      findings.map((f) => [f.ok, f.code]),
      [[false, 'NOT_FOUND']],
    );
});

test('that a datacenter is about to be rebuilt is a finding: it would stream rows over restored ones', async () => {
  const { ports } = new RestorableCluster();
  const checkRestorable = async () => {
    throw new KassetteError('NOT_READY', 'A datacenter is rebuilt.', 'Wait for its end.');
  };
  const of = async (datacenters: Ports['datacenters']) =>
    (await beforeRestore({ ...ports, datacenters }, OPTIONS)).findings.filter((f) => !f.ok);
  assert.deepEqual(await of(ports.datacenters), []);
  assert.deepEqual(
    (await of({ ...ports.datacenters, checkRestorable })).map((f) => [f.cluster, f.code, f.message]),
    [['c', 'NOT_READY', 'A datacenter is rebuilt.']],
  );
});

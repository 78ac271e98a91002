import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noRewinding } from '../../../../src/adapters/kubernetes/rewinding.ts';
import type { Datacenter } from '../../../../src/domain/cluster/topology.ts';
import type { RewindOptions } from '../../../../src/engine/rewind/options.ts';
import { rewind } from '../../../../src/engine/verbs/point-in-time/rewind.ts';
import type { Rewinding } from '../../../../src/ports/platform/rewinding.ts';
import type { Ports } from '../../../../src/ports/ports.ts';

const NOW = new Date('2026-03-01T14:10:30Z');
const OPTIONS = { undo: false, accept: false, dryRun: false, signal: new AbortController().signal };
const untouched = new Proxy({}, { get: () => () => assert.fail('nothing may be looked at') });

/** Of a place in which nothing but the datacenters may be asked for. */
function refused(rewinding: Rewinding, names: readonly string[], options: Partial<RewindOptions>) {
  const all = names.map((name) => ({ name, cluster: 'dse', nodes: [] }) as unknown as Datacenter);
  const released: string[] = [];
  const ports = {
    ...{ rewinding, datacenters: { find: async () => all }, clock: { now: () => NOW } },
    lease: {
      acquire: async () => ({
        lost: OPTIONS.signal,
        confirm: async () => {},
        release: async () => void released.push('lease'),
      }),
    },
    ...{ recovery: untouched, control: untouched, cql: untouched, volumes: untouched },
  } as unknown as Ports;
  return { run: () => rewind(ports, { ...OPTIONS, ...options } as RewindOptions), released };
}

test('on Kubernetes, whatever is asked for', async () => {
  for (const options of [{ to: '10m ago' }, { undo: true }, { accept: true }]) {
    const { run, released } = refused(noRewinding, ['cass-prd'], options);
    await assert.rejects(run, { code: 'REWIND_UNSUPPORTED', message: /on Kubernetes/ });
    assert.deepEqual(released, ['lease']);
  }
});

test('of several datacenters, by name', async () => {
  const { run } = refused({ ...noRewinding, unavailable: undefined } as never, ['cass-prd', 'cass-bkp'], {
    to: '10m ago',
  });
  await assert.rejects(run, { code: 'REWIND_UNSUPPORTED', message: /2 datacenters.*cass-prd, cass-bkp/ });
});

test('a time that is none, before the lease is asked for', async () => {
  for (const to of ['soon', '2026-03-01T14:10:30Z', '2026-03-01T14:02:59']) {
    const { run, released } = refused(noRewinding, ['cass-prd'], { to });
    await assert.rejects(run, { code: 'USAGE' });
    assert.deepEqual(released, []);
  }
});

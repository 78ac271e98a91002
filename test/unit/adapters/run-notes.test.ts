import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { V1Lease } from '@kubernetes/client-node';
import { embeddedRunNotes } from '../../../src/adapters/embedded/run-notes.ts';
import { kubernetesRunNotes } from '../../../src/adapters/kubernetes/datacenters/run-notes.ts';
import { KEPT_RUNS, type Run } from '../../../src/domain/last-runs.ts';
import type { RunNotes } from '../../../src/ports/platform/run-notes.ts';
import { leases } from '../support/leases.ts';

const run = (id: string, minute: number, more: Partial<Run> = {}): Run => ({
  ...{ id, command: 'before-backup', hook: true, datacenters: ['dc1'], tag: null },
  ...{ startedAt: new Date(minute * 60_000).toISOString(), endedAt: null, code: null, message: '', ...more },
});
const ended = (id: string, minute: number): Run =>
  run(id, minute, { endedAt: new Date((minute + 1) * 60_000).toISOString(), code: 'BUSY', message: 'Busy.' });

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'kassette-runs-'));
  t.after(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'cluster.json'), '{}');
  return directory;
}

/** What every implementation does: `make` answers the port as each of several processes has it. */
const PLACES: Readonly<Record<string, (t: TestContext) => () => RunNotes>> = {
  kubernetes: () => {
    const api = leases();
    return () => kubernetesRunNotes(api.connection, (message) => assert.fail(message));
  },
  embedded: (t) => {
    const directory = newDirectory(t);
    return () => embeddedRunNotes(directory);
  },
};

for (const [place, make] of Object.entries(PLACES)) {
  test(`${place}: nothing is noted at first; then each run is, with its end in the place of its beginning`, async (t) => {
    const notes = make(t);
    assert.deepEqual(await notes().last(), []);
    await notes().note(run('a', 1));
    assert.deepEqual(await notes().last(), [run('a', 1)]);
    await notes().note(run('b', 2));
    await notes().note(ended('a', 1));
    await notes().note(run('a', 1));
    const both = await notes().last();
    assert.deepEqual(
      new Set(both?.map((r) => JSON.stringify(r))),
      new Set([run('b', 2), ended('a', 1)].map((r) => JSON.stringify(r))),
    );
  });

  test(`${place}: runs that note themselves at the same time do not lose each other`, async (t) => {
    const notes = make(t);
    const runs = Array.from({ length: 6 }, (_, i) => run(`r${i}`, i));
    await Promise.all(runs.map((r) => notes().note(r)));
    await Promise.all(runs.map((r, i) => notes().note(ended(r.id, i))));
    assert.deepEqual(await notes().last(), runs.map((r, i) => ended(r.id, i)).toReversed());
  });

  test(`${place}: no more is kept than the last ones`, async (t) => {
    const notes = make(t);
    for (let i = 0; i < KEPT_RUNS + 5; i++) await notes().note(run(`r${i}`, i));
    const last = (await notes().last()) ?? [];
    assert.equal(last.length, KEPT_RUNS);
    assert.equal(last[0]?.id, `r${KEPT_RUNS + 4}`);
  });
}

test('embedded: files of runs that are not kept go, and no directory is made where there is no cluster', async (t) => {
  const directory = newDirectory(t);
  const notes = embeddedRunNotes(directory);
  for (let i = 0; i < KEPT_RUNS + 3; i++) await notes.note(run(`r${i}`, i));
  assert.equal(readdirSync(join(directory, 'runs')).length, KEPT_RUNS);
  rmSync(join(directory, 'runs'), { recursive: true });
  rmSync(join(directory, 'cluster.json'));
  await notes.note(run('x', 1));
  assert.deepEqual(readdirSync(directory), []);
});

test('kubernetes: who holds the lease stays what it was, and notes of others, too', async () => {
  const api = leases();
  api.put({
    metadata: { name: 'kassette', annotations: { 'example.com/x': 'y' }, labels: { a: 'b' } },
    spec: { holderIdentity: 'before-backup of n1', leaseDurationSeconds: 30 },
  });
  await kubernetesRunNotes(api.connection, (m) => assert.fail(m)).note(run('a', 1));
  const { spec, metadata } = api.stored as V1Lease;
  assert.deepEqual(spec, { holderIdentity: 'before-backup of n1', leaseDurationSeconds: 30 });
  assert.equal(metadata?.annotations?.['example.com/x'], 'y');
  assert.deepEqual(metadata?.labels, { a: 'b' });
});

test('kubernetes: what cannot be noted is a warning, and what cannot be read is not known', async () => {
  const api = leases();
  const warnings: string[] = [];
  const notes = kubernetesRunNotes(api.connection, (message) => void warnings.push(message));
  api.refuse(403);
  await notes.note(run('a', 1));
  assert.equal(await notes.last(), null);
  assert.deepEqual(warnings, ['This run was not noted among the last ones: Kubernetes answers 403']);
  // No namespace yet, as before a restore in place.
  api.refuse(404);
  await notes.note(run('a', 1));
  assert.equal(warnings.length, 1);
});

test('kubernetes: an API server that fails once is asked again', async () => {
  const api = leases();
  const notes = kubernetesRunNotes(api.connection, (message) => assert.fail(message));
  api.refuse(503, 1);
  await notes.note(run('a', 1));
  assert.deepEqual(await notes.last(), [run('a', 1)]);
});

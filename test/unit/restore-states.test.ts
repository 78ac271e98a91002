import assert from 'node:assert/strict';
import { test } from 'node:test';
import { afterRestore } from '../../src/commands/after-restore/after-restore.ts';
import type { RestoreOptions } from '../../src/commands/after-restore/options.ts';
import { healthyClusters } from '../../src/commands/observe/clusters.ts';
import { refuseIfAwaitingRestore } from '../../src/commands/observe/leftovers.ts';
import { withSessions } from '../../src/commands/observe/sessions.ts';
import { surveyAll } from '../../src/commands/observe/surveys.ts';
import { status } from '../../src/commands/status/status.ts';
import { KassetteError } from '../../src/domain/errors.ts';
import { type KeptVolumes, optionsWith } from './kept-volumes.ts';
import { CASES } from './restore-cases.ts';

/** Outcome, tag and method; or the error's code. */
async function afterwards(volumes: KeptVolumes, options: RestoreOptions): Promise<string> {
  try {
    const { clusters } = await afterRestore(volumes.ports, options);
    return clusters.map((c) => `${c.outcome} ${c.tag} ${c.cold === null ? 'warm' : 'cold'}`).join();
  } catch (error) {
    if (error instanceof KassetteError) return error.code;
    throw error;
  }
}

async function hook({ ports }: KeptVolumes): Promise<string | null> {
  try {
    await withSessions(ports, await healthyClusters(ports, optionsWith()), async ([connected]) => {
      assert.ok(connected);
      const surveys = await surveyAll(ports, connected.cluster.nodes, 2);
      await refuseIfAwaitingRestore(ports, connected, surveys, optionsWith());
    });
    return null;
  } catch (error) {
    assert.ok(error instanceof KassetteError && error.code === 'RESTORE_PENDING', String(error));
    return error.message;
  }
}

for (const { name, volumes, options, after, did, hook: refused = null, restoring = [], warns } of CASES) {
  test(`${name}: after-restore`, async () => {
    const found = volumes();
    assert.equal(await afterwards(found, optionsWith(options)), after);
    assert.deepEqual(found.done, did);
    if (warns?.flags === 'm') assert.match(found.fake.warnings.join('\n'), warns);
  });
  test(`${name}: a hook and status`, async () => {
    const found = volumes();
    const { clusters } = await status(found.ports, optionsWith());
    const begun = clusters.flatMap((c) => c.backups.filter((b) => b.restoring).map((b) => b.tag));
    assert.deepEqual(begun, restoring);
    const why = await hook(found);
    if (refused === null) assert.equal(why, null);
    else assert.match(why ?? 'not refused', refused);
    if (warns?.flags === '') assert.match(found.fake.warnings.join('\n'), warns);
    assert.deepEqual(found.done, []);
  });
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kinds } from './disks.ts';

const PLAY = fileURLToPath(import.meta.resolve('./play.ts'));

/** `busy`: Cassandra syncs files of its own meanwhile, and with them what others have renamed, but not what they have written. */
const PLAYS = [
  ['before-backup'],
  ['before-backup', 'busy'],
  ['after-backup', 'busy'],
  ['after-restore', 'busy'],
  ['restore-table', 'busy'],
] as const;

/** With mounts of its own, which go with it whatever becomes of it. */
async function play(...args: readonly string[]): Promise<{ status: number | null; output: string }> {
  const child = spawn('unshare', ['--mount', process.execPath, PLAY, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [status, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, output: stdout + stderr };
}

for (const kind of kinds()) {
  // Each is a process of its own.
  describe(kind, { concurrency: 2 }, () => {
    for (const [name, ...how] of PLAYS) {
      const busy = how.length > 0 ? ', while Cassandra syncs other files' : '';
      test(`${name}: after a power cut at any moment the volume says the truth${busy}`, async (t) => {
        const { status, output } = await play(kind, name, ...how);
        assert.equal(status, 0, output);
        t.diagnostic(output.trim());
      });
    }
  });
}

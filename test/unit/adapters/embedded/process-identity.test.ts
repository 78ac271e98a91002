import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { identityOf, isOurs, stillRuns } from '../../../../src/adapters/embedded/nodes/process-identity.ts';

/** Much memory takes long to give back: long enough to be seen between the loss of the command line and the end. */
const HOLDER = `
  const held = Array.from({ length: 6 }, () => Buffer.alloc(64 * 1024 * 1024, 1));
  require('node:net').createServer().listen(Number(process.argv[1]), '127.0.0.1', () => console.log(held.length));
`;

test('a killed process counts as running until its port is free', async () => {
  const marker = `/tmp/kassette-identity-${process.pid}`;
  for (let i = 0; i < 5; i++) {
    const port = await freePort();
    const child = spawn(process.execPath, ['-e', HOLDER, String(port), marker], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = child.pid ?? 0;
    await once(child.stdout, 'data');
    assert.equal(isOurs(pid, marker), true);
    assert.equal(isOurs(pid, 'another'), false);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    // Without a turn of the event loop in between: it would reap the process and hide what is to be seen.
    while (isOurs(pid, marker)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.1);
    await listenOnce(port);
    await ended;
  }
});

test('no process, no pid file: not ours', () => {
  assert.equal(isOurs(2 ** 22 + 1, ''), false);
});

// A process that has just been started is for a moment as a thread of the kernel: it has no command line.
test('every process runs on, whether it has a command line or not', () => {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const seen = pids.filter((pid) => {
    const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    try {
      const command = read('cmdline');
      const isThere = stillRuns(identityOf(Number(pid), command.split('\0')[0] ?? ''));
      const isSame = read('cmdline') === command && /^State:\s*[^\sZX]/m.test(read('status'));
      assert.ok(isThere || !isSame, `${pid} ${read('comm')}`);
      return isThere;
    } catch (error) {
      // It has ended by now.
      if (error instanceof assert.AssertionError) throw error;
      return false;
    }
  });
  assert.ok(seen.includes(String(process.pid)));
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function listenOnce(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

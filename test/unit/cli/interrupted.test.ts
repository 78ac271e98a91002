import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { interrupted } from '../../../src/cli/interrupted.ts';

test('SIGTERM is told as what it most likely is, a time limit, with the way to raise it; SIGINT is not', () => {
  const { code, message, hint } = interrupted('SIGTERM');
  assert.equal(code, 'INTERRUPTED');
  assert.match(message, /from outside by SIGTERM.*time limit.*activeDeadlineSeconds/);
  assert.match(hint, /again.*timeout\.blueprintHooks.*hookMinutes.*--hook-minutes/);
  assert.doesNotMatch(interrupted('SIGINT').message + interrupted('SIGINT').hint, /limit|hook/);
});

test('a run that waits for a server that does not answer says it as soon as it is sent SIGTERM', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kassette-interrupted-'));
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
    rmSync(directory, { recursive: true });
  });
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const kubeconfig = join(directory, 'config');
  const server = `http://127.0.0.1:${port}`;
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'c', users: [{ name: 'u', user: {} }] },
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
    }),
  );
  const child = spawn(process.execPath, ['src/main.ts', 'status', '--kubeconfig', kubeconfig], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const told = text(child.stderr);
  await once(silent, 'request');
  child.kill('SIGTERM');
  // Its patience with the server is longer than a pod's after SIGTERM: what matters is out before it is killed.
  await once(child.stderr, 'readable');
  child.kill('SIGKILL');
  assert.match(
    await told,
    /^Ended from outside by SIGTERM: most likely the pod of the hook reached its time limit/,
  );
});

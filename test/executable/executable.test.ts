import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CATALOGUE } from '../../src/domain/errors.ts';
import { VERSION } from '../../src/domain/version.ts';

const directory = mkdtempSync(join(tmpdir(), 'kassette-executable-'));
after(() => rmSync(directory, { recursive: true }));

before(() => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/executable.ts', directory], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
});

/** In an environment without any Node.js, and without anything else that the person who runs it may have set. */
function executable(...args: readonly string[]) {
  const env = { PATH: '/no/such', HOME: directory };
  const { status, stdout, stderr } = spawnSync(join(directory, 'kubectl-kassette'), args, {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('its checksum is as sha256sum reads it', () => {
  const { status, stdout } = spawnSync('sha256sum', ['--check', 'kubectl-kassette.sha256'], {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, 'kubectl-kassette: OK\n']);
});

test('it says its version and its help, the same as the program that Node.js runs', () => {
  assert.deepEqual(executable('--version'), { status: 0, stdout: `${VERSION}\n`, stderr: '' });
  for (const args of [['--help'], ['restore-table', '--help']]) {
    const { stdout } = spawnSync(process.execPath, ['src/main.ts', ...args], { encoding: 'utf8' });
    assert.deepEqual(executable(...args), { status: 0, stdout, stderr: '' });
  }
});

test('without a kubeconfig it names the options, as for Kubernetes so for an embedded cluster and a directory', () => {
  const { status, stdout, stderr } = executable('status');
  assert.deepEqual([status, stdout], [CATALOGUE.CLUSTER_UNREACHABLE.exit, '']);
  assert.match(stderr, /No kubeconfig was found.*\n.*--kubeconfig.*--context.*--embedded/);
  const embedded = executable('status', '--embedded', directory, '--output', 'json');
  assert.equal(JSON.parse(embedded.stdout).error.code, 'CLUSTER_UNREACHABLE');
  const volume = executable('clean-volume', '--path', '/no/such', '--output', 'json');
  assert.equal(JSON.parse(volume.stdout).error.code, 'NO_VOLUME');
});

test('what it needs for a real API server is in it', () => {
  const kubeconfig = join(directory, 'config');
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin' };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'a' },
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const { status, stderr } = executable('status', '--kubeconfig', kubeconfig);
  assert.equal(status, CATALOGUE.CLUSTER_UNREACHABLE.exit, stderr);
  assert.match(stderr, /no-such-plugin.*cannot be run/);
});

const MANIFESTS = ['manifests', '--datacenter-namespace', 'cass-operator', '--secret', 'dse-superuser'];

test('what it prints for Kubernetes is what is committed, so nothing that it needs is missing from it', () => {
  const { status, stdout } = executable(...MANIFESTS);
  const { stdout: same } = spawnSync(process.execPath, ['src/main.ts', ...MANIFESTS], { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, same]);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { connect, type KubernetesOptions } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { KassetteError } from '../../../../../src/domain/errors.ts';

// What a person meets first: each with its own words and the way out, and none of it a fault of kassette's own.

const home = mkdtempSync(join(tmpdir(), 'kassette-home-'));
after(() => rmSync(home, { recursive: true }));

/** What connecting fails with. */
function refusal(options: KubernetesOptions, env: { readonly KUBECONFIG?: string } = {}): KassetteError {
  const saved = { HOME: process.env['HOME'], KUBECONFIG: process.env['KUBECONFIG'] };
  set({ HOME: home, KUBECONFIG: env.KUBECONFIG });
  try {
    connect(options);
  } catch (error) {
    if (!(error instanceof KassetteError)) throw error;
    assert.equal(error.code, 'CLUSTER_UNREACHABLE');
    return error;
  } finally {
    set(saved);
  }
  return assert.fail('it found something');
}

function set(env: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** A kubeconfig with one context `a`, whose user and cluster are these. */
function kubeconfig(name: string, cluster: object, user: object = {}, currentContext = 'a'): string {
  const file = join(home, name);
  writeFileSync(
    file,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': currentContext },
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  return file;
}

test('no kubeconfig: it says where it looked, and names --kubeconfig, --context and --embedded', () => {
  for (const [options, env, looked] of [
    [{}, {}, `KUBECONFIG (not set), ${home}/.kube/config`],
    [{}, { KUBECONFIG: '/no/such:/nor/such' }, 'KUBECONFIG (/no/such:/nor/such)'],
    [{ kubeconfig: '/no/file' }, {}, '--kubeconfig (/no/file)'],
  ] as const) {
    const { message, hint } = refusal(options, env);
    assert.ok(message.includes(`No kubeconfig was found. Looked at ${looked}`), message);
    assert.match(hint, /--kubeconfig.*--context.*--embedded/);
  }
});

test('the command line says the same without any cluster, and in JSON, with the exit status of its code', () => {
  for (const command of [['status'], ['before-backup', '--namespace', 'ns'], ['doctor']]) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['src/main.ts', ...command, '--output', 'json'],
      { env: { HOME: home, PATH: process.env['PATH'] }, encoding: 'utf8' },
    );
    assert.equal(status, 11);
    assert.match(
      stderr,
      /^error CLUSTER_UNREACHABLE \(exit status 11\): No kubeconfig was found\..*\nhint: .*--kubeconfig.*--context.*--embedded.*\n$/,
    );
    assert.equal(JSON.parse(stdout).error.code, 'CLUSTER_UNREACHABLE');
  }
});

test('a context that is not there, and one that is current but not there, name those that are', () => {
  const server = { server: 'https://127.0.0.1:1' };
  const asked = refusal({ kubeconfig: kubeconfig('config', server), context: 'b' });
  assert.match(asked.message, /there is no context `b`; contexts: a\./);
  const gone = refusal({}, { KUBECONFIG: kubeconfig('gone', server, {}, 'old') });
  assert.match(gone.message, /current context `old` is not in it; contexts: a\./);
  const none = refusal({ kubeconfig: kubeconfig('none', server, {}, '') });
  assert.match(none.message, /no current context; contexts: a\./);
});

test('of several files in KUBECONFIG those that are there are read; the usual one without it', () => {
  const file = kubeconfig('http', { server: 'http://127.0.0.1:8001' });
  assert.match(refusal({}, { KUBECONFIG: `/no/such:${file}` }).message, /plain HTTP/);
  mkdirSync(join(home, '.kube'));
  kubeconfig('.kube/config', { server: 'http://127.0.0.1:8002' });
  assert.match(refusal({}).message, /is http:\/\/127\.0\.0\.1:8002: plain HTTP/);
  rmSync(join(home, '.kube'), { recursive: true });
});

test('an API server without TLS, as kubectl proxy serves it', () => {
  const { message, hint } = refusal({ kubeconfig: kubeconfig('proxy', { server: 'http://127.0.0.1:8001' }) });
  assert.match(
    message,
    /context `a` is http:\/\/127\.0\.0\.1:8001: plain HTTP, as `kubectl proxy` serves it/,
  );
  assert.match(hint, /exec and tunnels.*--kubeconfig/);
});

test('a credential plugin that is not installed ends a run at once, and not as a fault of kassette', () => {
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'no-such-plugin',
    installHint: 'Ask Ada.',
  };
  const file = kubeconfig('exec', { server: 'https://127.0.0.1:1' }, { exec });
  const args = ['src/main.ts', 'status', '--kubeconfig', file, '--cql-via', 'pod-address'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 11, stderr);
  assert.match(stderr, /plugin `no-such-plugin` of user u in the kubeconfig cannot be run/);
  assert.match(stderr, /hint: .*Ask Ada\./);
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { auth, Client } from 'cassandra-driver';
import { type CliRun, runCli } from '../../lab/cli.ts';
import { type EmbeddedCluster, startCluster } from '../../lab/cluster/launcher.ts';
import { certificate } from '../../lab/cluster/tls.ts';
import { driverCql } from '../../src/adapters/cql/driver-cql.ts';
import { readSuperuser } from '../../src/adapters/embedded/cluster-file.ts';
import { embeddedDatacenters } from '../../src/adapters/embedded/datacenters.ts';
import type { CqlTls } from '../../src/ports/cql.ts';

// A cluster that speaks CQL only over TLS, and only with those who have a certificate.
const run = promisify(execFile);
const directory = mkdtempSync(join(tmpdir(), 'kassette-cql-tls-'));
const PASSWORD = 'changeit';
const SUBNET = process.env['KASSETTE_TEST_SUBNET'] ?? '127.0.4';
const ADDRESS = `${SUBNET}.1`;
let cluster: EmbeddedCluster;
let client: Client;
let options: readonly string[];
let pem: CqlTls;

before(async () => {
  const tls = join(directory, 'cql-tls');
  const own = await certificate(tls, 'client');
  const stores = await keystores(tls, await certificate(tls, 'node', ADDRESS));
  const settings = {
    client_encryption_options: { enabled: true, optional: false, require_client_auth: true, ...stores },
  };
  // With the older of Cassandra's two configurations, which nothing else in `make test` has.
  cluster = await startCluster({
    ...{ directory, nodes: 1, subnet: SUBNET, detached: false, settings },
    configuration: 'compatible',
  });
  const read = (path: string) => readFileSync(path, 'utf8');
  pem = { ca: read(own.ca), cert: read(own.cert), key: read(own.key) };
  options = ['--cql-ca', own.ca, '--cql-cert', own.cert, '--cql-key', own.key];
  const { username, password } = readSuperuser(cluster.file);
  client = new Client({
    contactPoints: [ADDRESS],
    localDataCenter: 'cass-prd',
    authProvider: new auth.PlainTextAuthProvider(username, password),
    sslOptions: {
      ca: readFileSync(own.ca),
      cert: readFileSync(own.cert),
      key: readFileSync(own.key),
      checkServerIdentity: () => undefined,
    },
  });
  await client.connect();
});
after(async () => {
  await client?.shutdown();
  await cluster?.kill();
  rmSync(directory, { recursive: true, force: true });
});

async function keystores(home: string, node: { ca: string; cert: string; key: string }) {
  const keystore = join(home, 'keystore.p12');
  const truststore = join(home, 'truststore.p12');
  const pair = ['-in', node.cert, '-inkey', node.key, '-certfile', node.ca];
  await run('openssl', ['pkcs12', '-export', ...pair, '-out', keystore, '-passout', `pass:${PASSWORD}`]);
  const java = dirname((await run('readlink', ['-f', '/usr/bin/java'])).stdout.trim());
  const trusted = ['-importcert', '-noprompt', '-alias', 'ca', '-file', node.ca];
  await run(join(java, 'keytool'), [...trusted, '-keystore', truststore, '-storepass', PASSWORD]);
  return {
    ...{ keystore, keystore_password: PASSWORD, truststore, truststore_password: PASSWORD },
    store_type: 'PKCS12',
  };
}

function kassette(...args: readonly string[]): Promise<CliRun> {
  return runCli(directory, args);
}

test('backed up and restored with the certificate; refused without, and with a foreign CA', async () => {
  await client.execute(
    "CREATE KEYSPACE kept WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
  );
  await client.execute('CREATE TABLE kept.rows (id int PRIMARY KEY, value text)');
  await client.execute("INSERT INTO kept.rows (id, value) VALUES (1, 'old')");
  const made = await kassette('before-backup', ...options);
  assert.equal(made.status, 0, made.stderr);
  await client.execute("INSERT INTO kept.rows (id, value) VALUES (1, 'new')");

  const plain = await kassette('after-restore', '--timeout', '5s');
  assert.equal(plain.status, 20, plain.stderr);
  const foreign = (await certificate(join(directory, 'foreign'), 'client')).ca;
  const distrusted = await kassette('after-restore', ...options, '--cql-ca', foreign);
  assert.equal(distrusted.status, 20, distrusted.stderr);
  const others = await kassette('after-restore', ...options, '--cql-tls-identity', 'cassandra.example.com');
  assert.equal(others.status, 59, others.stderr);
  assert.match(others.stderr, /It is for DNS:node, IP Address:127\./);
  const unreadable = await kassette('after-restore', '--cql-ca', '/nowhere.pem');
  assert.equal(unreadable.status, 2, unreadable.stderr);

  const restored = await kassette('after-restore', ...options, '--cql-tls-verify', 'name');
  assert.equal(restored.status, 0, restored.stderr);
  assert.equal((await client.execute('SELECT value FROM kept.rows')).first()['value'], 'old');
});

test('a certificate of the same CA for somebody else is refused, unless the CA is to be enough', async () => {
  const datacenters = (await embeddedDatacenters(directory).find([])).map((d) => ({
    ...d,
    nodes: d.nodes.map((n) => ({ ...n, address: `${SUBNET}.99` })),
  }));
  const credentials = async () => ({ ...readSuperuser(cluster.file), tls: pem });
  const open = (verify: 'auto' | 'ca') =>
    driverCql({ credentials, timeoutMs: 30_000, identity: { verify, names: [] } }).open(datacenters);
  await assert.rejects(open('auto'), { code: 'WRONG_IDENTITY' });
  await (await open('ca')).close();
});

test('certificates that come with the credentials, as from a secret of Kubernetes, do as well', async () => {
  const datacenters = await embeddedDatacenters(directory).find([]);
  const credentials = async () => ({ ...readSuperuser(cluster.file), tls: pem });
  const session = await driverCql({ credentials, timeoutMs: 30_000 }).open(datacenters);
  try {
    assert.ok((await session.roles()).includes(readSuperuser(cluster.file).username));
  } finally {
    await session.close();
  }
});

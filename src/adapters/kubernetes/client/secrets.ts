import type { V1Secret } from '@kubernetes/client-node';
import type { Datacenter } from '../../../domain/cluster/topology.ts';
import { KassetteError } from '../../../domain/errors.ts';
import { toSecret } from '../../../domain/rights.ts';
import type { Credentials } from '../../../ports/cql.ts';
import type { Found } from '../datacenters/found.ts';
import { call, statusOf } from './calls.ts';
import type { Connection } from './connection.ts';
import {
  type CassandraDatacenter,
  config,
  cqlTlsIdentity,
  cqlTlsSecret,
  encryptsClients,
  superuserSecret,
} from './resources.ts';

/**
 * The superuser's name and password, from the secret that is named or that of the first of these datacenters of one cluster, and what its clients need
 * for TLS where it names a secret and the command line says nothing.
 */
export async function superuser(
  connection: Connection,
  found: Found,
  datacenters: readonly Datacenter[],
  {
    cqlTls,
    superuserSecret: named,
  }: { readonly cqlTls: boolean; readonly superuserSecret?: string | undefined },
): Promise<Credentials> {
  const datacenter = found.get(datacenters[0]?.name ?? '');
  if (datacenter === undefined)
    throw new KassetteError('INTERNAL', 'No datacenter was found', 'Report this.');
  const tls = cqlTls ? undefined : cqlTlsSecret(datacenter);
  if (encryptsClients(datacenter) && !cqlTls && tls === undefined) throw wantsTls(datacenter.metadata.name);
  const name = named ?? superuserSecret(datacenter);
  const secret = await secretOf(connection, name);
  const [username = '', password = ''] = valuesOf(connection, name, secret, ['username', 'password']);
  const origin = { called: `secret ${connection.namespace}/${name}`, changedAt: changedAt(secret) };
  const identity = cqlTlsIdentity(datacenter);
  const known = { username, password, origin, ...(identity === undefined ? {} : { identity }) };
  if (tls === undefined) return known;
  const [ca = '', cert, key] = await read(connection, tls, ['ca.crt'], ['tls.crt', 'tls.key']);
  return { ...known, tls: { ca, cert, key } };
}

/** CA, certificate and key for the management API, as PEM, from the secret that `managementApiAuth.manual` names. */
export async function clientCertificate(connection: Connection, name: string) {
  const [ca = '', cert = '', key = ''] = await read(connection, name, ['ca.crt', 'tls.crt', 'tls.key']);
  return { ca, cert, key };
}

/** The datacenter with the configuration that its `configSecret` has, where it names one. */
export async function withConfiguration(
  connection: Connection,
  datacenter: CassandraDatacenter,
): Promise<CassandraDatacenter> {
  const name = datacenter.spec.configSecret;
  if (name === undefined || name === '') return datacenter;
  const [text = ''] = await read(connection, name, ['config']);
  try {
    return { ...datacenter, spec: { ...datacenter.spec, config: config.parse(JSON.parse(text)) } };
  } catch (cause) {
    throw unusable(
      connection.namespace,
      name,
      'has a `config` that is not the JSON of a configuration',
      cause,
    );
  }
}

async function read(
  connection: Connection,
  name: string,
  keys: readonly string[],
  optional: readonly string[] = [],
): Promise<readonly (string | undefined)[]> {
  return valuesOf(connection, name, await secretOf(connection, name), keys, optional);
}

function secretOf({ core, namespace }: Connection, name: string): Promise<V1Secret> {
  return call(toSecret(name), namespace, () => core.readNamespacedSecret({ namespace, name })).catch(
    (cause: unknown) => {
      throw statusOf(cause) === 404 ? unusable(namespace, name, 'does not exist', cause) : cause;
    },
  );
}

/** Its last change by anybody, as Kubernetes notes it. */
function changedAt({ metadata }: V1Secret): string | null {
  const noted = [metadata?.creationTimestamp, ...(metadata?.managedFields ?? []).map((f) => f.time)];
  const times = noted.flatMap((time) => (time === undefined ? [] : [new Date(time).getTime()]));
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}

function valuesOf(
  { namespace }: Pick<Connection, 'namespace'>,
  name: string,
  secret: V1Secret,
  keys: readonly string[],
  optional: readonly string[] = [],
): readonly (string | undefined)[] {
  const missing = keys.find((key) => !secret.data?.[key]);
  if (missing !== undefined) throw unusable(namespace, name, `has no \`${missing}\``);
  return [...keys, ...optional].map((key) => {
    const value = secret.data?.[key];
    return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
  });
}

function wantsTls(name: string): KassetteError {
  return new KassetteError(
    'CQL',
    `Datacenter ${name} requires TLS from CQL clients (client_encryption_options).`,
    "Nothing was changed. Name a secret with ca.crt (tls.crt and tls.key where nodes ask for a certificate) in the datacenter's annotation kassette/cql-tls-secret, or use `--cql-ca FILE`, `--cql-cert` and `--cql-key`.",
  );
}

function unusable(namespace: string, name: string, why: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'CREDENTIALS',
    `Secret ${namespace}/${name} ${why}.`,
    'Nothing was changed. Restore the secret with the datacenter, or name another one in the CassandraDatacenter.',
    { cause },
  );
}

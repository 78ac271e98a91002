import { KassetteError } from '../../domain/errors.ts';
import { LOOKING } from '../../domain/rights.ts';
import type { Datacenter } from '../../domain/topology.ts';
import { call, statusOf } from './calls.ts';
import type { Connection } from './connection.ts';
import type { Found } from './found.ts';
import { type CassandraDatacenter, config, encryptsClients, superuserSecret } from './resources.ts';

/** The superuser's name and password, from the secret of the first of these datacenters of one cluster. */
export async function superuser(
  connection: Connection,
  found: Found,
  datacenters: readonly Datacenter[],
  cqlTls: boolean,
): Promise<{ readonly username: string; readonly password: string }> {
  const datacenter = found.get(datacenters[0]?.name ?? '');
  if (datacenter === undefined)
    throw new KassetteError('INTERNAL', 'No datacenter was found', 'Report this.');
  if (encryptsClients(datacenter) && !cqlTls) throw wantsTls(datacenter.metadata.name);
  const name = superuserSecret(datacenter);
  const [username = '', password = ''] = await read(connection, name, ['username', 'password']);
  return { username, password };
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
      'has a «config» that is not the JSON of a configuration',
      cause,
    );
  }
}

async function read(
  { core, namespace }: Connection,
  name: string,
  keys: readonly string[],
): Promise<readonly string[]> {
  const secret = await call(LOOKING.secrets, namespace, () =>
    core.readNamespacedSecret({ namespace, name }),
  ).catch((cause: unknown) => {
    throw statusOf(cause) === 404 ? unusable(namespace, name, 'does not exist', cause) : cause;
  });
  const missing = keys.find((key) => !secret.data?.[key]);
  if (missing !== undefined) throw unusable(namespace, name, `has no «${missing}»`);
  return keys.map((key) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString());
}

function wantsTls(name: string): KassetteError {
  return new KassetteError(
    'CQL',
    `Datacenter ${name} wants TLS from CQL clients (client_encryption_options).`,
    "Nothing was changed. Say --cql-ca FILE with the CA of the nodes' certificates, and --cql-cert and --cql-key where they ask for one.",
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

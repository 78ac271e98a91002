import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TlsFiles } from '../../src/adapters/embedded/client-identity.ts';
import { runQuietly } from '../cassandra/run-quietly.ts';

const DAYS = '3650';

/** A certificate for `name`, reachable at `address`; the CA is made with the first one. */
export async function certificate(directory: string, name: string, address?: string): Promise<TlsFiles> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const at = (file: string) => join(directory, file);
  const files = { ca: at('ca.crt'), cert: at(`${name}.crt`), key: at(`${name}.key`) };
  if (!existsSync(files.ca)) await makeAuthority(files.ca, at('ca.key'));
  if (existsSync(files.cert)) return files;
  const request = at(`${name}.csr`);
  const extensions = at(`${name}.ext`);
  await openssl(['req', '-new', ...KEY, '-keyout', files.key, '-subj', `/CN=${name}`, '-out', request]);
  const alternative = address === undefined ? `DNS:${name}` : `DNS:${name},IP:${address}`;
  await writeFile(extensions, `subjectAltName=${alternative}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  const authority = ['-CA', files.ca, '-CAkey', at('ca.key'), '-CAcreateserial', '-days', DAYS];
  await openssl(['x509', '-req', '-in', request, ...authority, '-extfile', extensions, '-out', files.cert]);
  await Promise.all([rm(request), rm(extensions)]);
  return files;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const;

async function makeAuthority(cert: string, key: string): Promise<void> {
  const subject = ['-subj', '/CN=kassette embedded cluster'];
  await openssl(['req', '-x509', ...KEY, '-keyout', key, '-days', DAYS, ...subject, '-out', cert]);
}

async function openssl(args: readonly string[]): Promise<void> {
  await runQuietly('openssl', args, { timeoutMs: 60_000 });
}

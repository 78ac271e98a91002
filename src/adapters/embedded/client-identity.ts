import { readFileSync } from 'node:fs';

/** Paths of a CA, a certificate that it signed, and that certificate's key. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** These files' contents in the form in which the management API's client takes them. */
export function clientIdentity(files: TlsFiles | undefined) {
  if (files === undefined) return {};
  const [ca, cert, key] = [files.ca, files.cert, files.key].map((path) => readFileSync(path, 'utf8'));
  const identity = { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
  return { identityOf: async () => identity };
}

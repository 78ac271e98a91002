import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { plainAddress } from '../../domain/cluster/addresses.ts';
import type { Datacenter } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { CqlIdentity } from '../../ports/cql.ts';

/** What a certificate may say of any machine. */
const NOBODY: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Whether a certificate that the CA vouches for is one of these datacenters' nodes, as `checkServerIdentity` of TLS: an error
 * where it is not. Which of the nodes does not matter, and through a tunnel it is not known.
 * Why names in the datacenters' namespace are enough: docs/explanation/decisions/0018-whom-a-certificate-names.md.
 */
export function identityCheck(datacenters: readonly Datacenter[], { verify, names }: CqlIdentity) {
  return (_host: string, certificate: PeerCertificate): Error | undefined => {
    if (verify === 'ca') return undefined;
    if (names.length > 0) {
      const isNamed = names.some((name) => checkServerIdentity(name, certificate) === undefined);
      return isNamed ? undefined : wrong(certificate, `none of ${names.join(', ')}`);
    }
    const said = namesIn(certificate);
    if (said.some((name) => isOneOf(datacenters, name))) return undefined;
    const isNobodys = said.every((name) => NOBODY.has(name));
    if (isNobodys && verify === 'auto') return undefined;
    return wrong(certificate, 'no node or name in the namespace of these datacenters');
  };
}

/** DNS names and addresses, lower-case. What Node.js quotes is no name: only who wants to forge an entry needs that. */
function namesIn({ subjectaltname = '' }: Pick<PeerCertificate, 'subjectaltname'>): readonly string[] {
  const entries = subjectaltname.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  return entries.flatMap((entry) => {
    const [, name] = /^\s*(?:DNS|IP Address):([^"]+)$/.exec(entry) ?? [];
    return name === undefined ? [] : [plainAddress(name.trim().toLowerCase())];
  });
}

function isOneOf(datacenters: readonly Datacenter[], name: string): boolean {
  return datacenters.some((datacenter) => {
    const { namespace, nodes } = datacenter;
    if (isIP(name) !== 0) return nodes.some((n) => plainAddress(n.address) === name);
    const own = [datacenter.name, datacenter.cluster, ...nodes.map((n) => n.name)];
    if (own.some((o) => o.toLowerCase() === name)) return true;
    // Services, pods and what guides for cert-manager call a datacenter: nobody else gets names in this namespace.
    return namespace !== undefined && `${name}.`.includes(`.${namespace.toLowerCase()}.svc.`);
  });
}

function wrong({ subjectaltname, subject }: PeerCertificate, why: string): KassetteError {
  const said = (subjectaltname ?? `CN=${subject?.CN ?? ''}`).replaceAll(/\p{Cc}/gu, '?').slice(0, 300);
  return new KassetteError(
    'WRONG_IDENTITY',
    `A node showed a certificate of the right CA that names ${why}. It is for ${said || 'nobody'}.`,
    'Nothing was changed by this connection. If it is the right one, say whom it names: --cql-tls-identity NAME, or the annotation kassette/cql-tls-identity of the datacenter. --cql-tls-verify ca trusts every certificate of the CA.',
  );
}

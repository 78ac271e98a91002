import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerCertificate } from 'node:tls';
import { identityCheck } from '../../../../src/adapters/cql/identity.ts';
import type { Datacenter } from '../../../../src/domain/cluster/topology.ts';
import { KassetteError } from '../../../../src/domain/errors.ts';
import type { CqlIdentity } from '../../../../src/ports/cql.ts';

const DATACENTER = {
  ...{ name: 'dc1', cluster: 'Main', namespace: 'cass-operator' },
  nodes: [
    { name: 'main-dc1-default-sts-0', address: '10.244.0.25' },
    { name: 'main-dc1-default-sts-1', address: 'fd00::1' },
  ],
} as unknown as Datacenter;
const AUTO: CqlIdentity = { verify: 'auto', names: [] };

function accepts(subjectaltname: string | undefined, expected: CqlIdentity = AUTO, CN = 'any'): boolean {
  const certificate = { subjectaltname, subject: { CN } } as unknown as PeerCertificate;
  const error = identityCheck([DATACENTER], expected)('127.0.0.1', certificate);
  if (error === undefined) return true;
  assert(error instanceof KassetteError && error.code === 'WRONG_IDENTITY');
  return false;
}

for (const [what, names] of [
  ['an address of a node', 'DNS:x.example.com, IP Address:10.244.0.25'],
  ['an IPv6 address as OpenSSL writes it', 'IP Address:FD00:0:0:0:0:0:0:1'],
  ['a pod', 'DNS:main-dc1-default-sts-1'],
  ['the datacenter or the cluster', 'DNS:MAIN'],
  ['the service of the datacenter', 'DNS:main-dc1-service.cass-operator.svc'],
  ['all pods', 'DNS:*.main-dc1-all-pods-service.cass-operator.svc.cluster.local'],
  ['what guides for cert-manager write', 'DNS:dc1.cass-operator.svc.cluster.local'],
  ['the whole namespace', 'DNS:*.cass-operator.svc.example.org'],
  ['nobody: only any machine', 'DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'],
  ['nobody: no name at all', undefined],
  ['nobody: something that is not a name', 'URI:spiffe://cluster.local/ns/x, email:a@b.c'],
] as const) {
  test(`accepted: a certificate that names ${what}`, () => assert(accepts(names)));
}

for (const [what, names] of [
  ['a service of another namespace', 'DNS:web.other.svc.cluster.local'],
  ['a namespace that ends alike', 'DNS:web.my-cass-operator.svc'],
  ['no more than the namespace', 'DNS:cass-operator.svc'],
  ['another address', 'IP Address:10.244.0.26, DNS:localhost'],
  ['services of all namespaces', 'DNS:*.svc.cluster.local'],
  ['somebody outside', 'DNS:cassandra.example.com'],
  ['a node within a quoted entry', 'DNS:"x, DNS:main-dc1-default-sts-0", DNS:y'],
] as const) {
  test(`refused: a certificate that names ${what}`, () => assert(!accepts(names)));
}

test('where it is insisted on, a certificate that names nobody is refused; by the CA alone all are accepted', () => {
  const name: CqlIdentity = { verify: 'name', names: [] };
  for (const names of [undefined, 'DNS:localhost', 'URI:spiffe://x']) assert(!accepts(names, name));
  assert(accepts('IP Address:10.244.0.25', name));
  assert(accepts('DNS:elsewhere', { verify: 'ca', names: [] }));
});

test('an expected identity takes the place of the nodes, wildcards and the common name of old certificates included', () => {
  const expected: CqlIdentity = { verify: 'auto', names: ['a.example.com', '10.0.0.9'] };
  assert(accepts('DNS:*.example.com', expected) && accepts('IP Address:10.0.0.9', expected));
  assert(accepts(undefined, expected, 'a.example.com'));
  assert(!accepts('IP Address:10.244.0.25', expected) && !accepts(undefined, expected, 'b.example.com'));
});

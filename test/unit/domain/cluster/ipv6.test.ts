import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, test } from 'node:test';
import { driverCql } from '../../../../src/adapters/cql/driver-cql.ts';
import type { Manifest } from '../../../../src/domain/backup/manifest.ts';
import { endpointOf } from '../../../../src/domain/cluster/addresses.ts';
import type { Datacenter, Node } from '../../../../src/domain/cluster/topology.ts';
import { refuseIfOriginalRuns } from '../../../../src/engine/cold/volume/original.ts';

// Kubernetes and the driver write IPv6 addresses short, Cassandra long, URLs in brackets: one and the same address each time.

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some((a) => a.address === '::1'));
const servers: ReturnType<typeof createServer>[] = [];
after(() => {
  for (const server of servers) server.close();
});

test('an endpoint and a URL have IPv6 in brackets', () => {
  assert.equal(endpointOf('10.0.0.1', 9042), '10.0.0.1:9042');
  assert.equal(endpointOf('fd00::1', 9042), '[fd00::1]:9042');
  assert.equal(new URL(`http://${endpointOf('fd00::1', 8080)}`).host, '[fd00::1]:8080');
});

test('a node of the restored cluster is known by its address, however long that is written', async () => {
  const nodes = [{ name: 'n-0', datacenter: 'dc', rack: 'r', hostId: 'id', address: 'fd00:0:0:0:0:0:0:1' }];
  const manifest = { cluster: 'c', tag: 't', nodes } as unknown as Manifest;
  const peers = { hostIdAt: async () => 'id' };
  await refuseIfOriginalRuns(peers, manifest, ['fd00::1']);
  await assert.rejects(refuseIfOriginalRuns(peers, manifest, ['fd00::2']), { code: 'CLUSTER_ELSEWHERE' });
});

const text = (value: string) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([short(bytes.length), bytes]);
};
const short = (n: number) => Buffer.from([n >> 8, n & 255]);
const int = (n: number) => Buffer.from([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]);

/** A result of one row, all columns text. */
function row(columns: Readonly<Record<string, string>>, isThere = true): Buffer {
  const names = Object.keys(columns).map((name) => Buffer.concat([text(name), short(0x0d)]));
  const values = Object.values(columns).map((v) =>
    Buffer.concat([int(Buffer.byteLength(v)), Buffer.from(v)]),
  );
  const head = [int(2), int(1), int(names.length), text('system'), text('local'), ...names];
  return Buffer.concat([...head, int(isThere ? 1 : 0), ...(isThere ? values : [])]);
}

/** As much of the native protocol (version 4) as a session needs; every query is answered with what the node is. */
function answer(version: number, opcode: number, body: Buffer): readonly [opcode: number, body: Buffer] {
  if (version > 4) return [0x00, Buffer.concat([int(0x0a), text('Invalid or unsupported protocol version')])];
  switch (opcode) {
    case 0x01: // STARTUP → READY
    case 0x0b: // REGISTER → READY
      return [0x02, Buffer.alloc(0)];
    case 0x05: // OPTIONS → SUPPORTED, nothing
      return [0x06, short(0)];
    default: {
      const query = body.subarray(4, 4 + body.readInt32BE(0)).toString();
      const local = {
        key: 'local',
        data_center: 'dc',
        rack: 'r',
        release_version: '5.0.6',
        cluster_name: 'c',
      };
      const built = { keyspace_name: 'ks', view_name: 'by_value' };
      if (query.includes('built_views')) return [0x08, row(built)];
      return [0x08, row(local, query.includes('system.local'))];
    }
  }
}

function speak(socket: Socket): void {
  let pending = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    pending = Buffer.concat([pending, data]);
    while (pending.length >= 9 && pending.length >= 9 + pending.readInt32BE(5)) {
      const length = pending.readInt32BE(5);
      const [version = 0, , high = 0, low = 0, opcode = 0] = pending;
      const [answered, body] = answer(version & 0x7f, opcode, pending.subarray(9, 9 + length));
      socket.write(Buffer.concat([Buffer.from([0x84, 0, high, low, answered]), int(body.length), body]));
      pending = pending.subarray(9 + length);
    }
  });
}

test('CQL over IPv6: statements for a certain node find it', {
  skip: !hasIpv6 && 'no IPv6 here',
}, async () => {
  const server = createServer(speak);
  servers.push(server);
  server.listen(0, '::1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const node = { name: 'n-0', address: '::1', cqlEndpoint: endpointOf('::1', port) } as Node;
  const origin = { called: 'secret ns/s', changedAt: null };
  const cql = driverCql({
    credentials: async () => ({ username: 'u', password: 'p', origin }),
    timeoutMs: 5000,
  });
  const session = await cql.open([{ name: 'dc', cluster: 'c', nodes: [node], unready: null } as Datacenter]);
  try {
    assert.deepEqual([...(await session.builtViews(node))], ['ks.by_value']);
    assert.deepEqual(session.origin, origin, 'of what was accepted');
  } finally {
    await session.close();
  }
});

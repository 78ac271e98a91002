import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { KassetteError } from '../../domain/errors.ts';
import type { Lease } from '../../ports/platform/lease.ts';

/**
 * A lease among processes of this machine: a socket of Linux's abstract namespace, which the kernel gives to one process
 * and takes back when that is gone, however it ends.
 */
export function embeddedLease(directory: string): Lease {
  const name = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 32);
  return {
    async acquire(purpose) {
      const server = createServer((socket) => socket.end(purpose));
      await listen(server, `\0kassette-${name}`);
      // The kernel takes it from nobody who lives.
      const lost = new AbortController().signal;
      const release = () => new Promise<void>((done) => server.close(() => done()));
      return { lost, confirm: async () => {}, release };
    },
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (cause) => fail(busy(cause)));
    server.listen(path, () => done());
  });
}

function busy(cause: Error): KassetteError {
  return new KassetteError(
    'BUSY',
    'Another kassette run works on this cluster.',
    'Nothing was changed. Wait for it to end, then run the command again.',
    { cause },
  );
}

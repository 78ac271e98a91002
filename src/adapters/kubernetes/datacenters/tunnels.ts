import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { PortForward } from '@kubernetes/client-node';
import type { Connection } from '../client/connection.ts';
import type { Reach } from './datacenters.ts';

/** Tunnels through the API server for where pod addresses lead nowhere: a port on this machine for each port of a pod. */
export function tunnels(connection: Connection): Reach {
  const open = new Map<string, Promise<string>>();
  return (pod, _address, port) => {
    const key = `${pod}:${port}`;
    const known = open.get(key);
    if (known !== undefined) return known;
    const made = listen(connection, pod, port);
    open.set(key, made);
    return made;
  };
}

async function listen(connection: Connection, pod: string, port: number): Promise<string> {
  const forward = new PortForward(connection.config, true);
  const server = createServer(
    (socket) => void forwardSocket(forward, connection.namespace, pod, port, socket),
  );
  server.unref();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** One connection; where there is no way to the pod it just ends, as one to the pod itself would. */
async function forwardSocket(
  forward: PortForward,
  namespace: string,
  pod: string,
  port: number,
  socket: Socket,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  try {
    const tunnel = await forward.portForward(namespace, pod, [port], socket, null, socket);
    if (typeof tunnel === 'function') return;
    if (socket.destroyed) return tunnel.close();
    tunnel.addEventListener('close', () => socket.end());
    socket.on('close', () => tunnel.close());
  } catch {
    socket.destroy();
  }
}

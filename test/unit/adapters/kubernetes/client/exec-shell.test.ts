import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { test } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import type { Connection } from '../../../../../src/adapters/kubernetes/client/connection.ts';
import { BOOT, execShell } from '../../../../../src/adapters/kubernetes/client/exec-shell.ts';
import type { Node } from '../../../../../src/domain/cluster/topology.ts';

// A Kubernetes API server that knows nothing but exec, on a WebSocket of its own making.
const node = { name: 'n-0' } as Node;
const [STDOUT, STATUS] = [1, 3] as const;

/** What a script is: told what came on its standard input so far, and sending on a channel. */
type Script = (input: Input, send: (channel: number, data: Buffer) => void) => void;

class Input {
  readonly #pieces: Buffer[] = [];
  bytes = 0;

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.bytes += piece.length;
  }

  get first(): Buffer {
    return this.#pieces[0] ?? Buffer.alloc(0);
  }

  all(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

async function withServer(script: Script, work: (shell: ReturnType<typeof execShell>) => Promise<void>) {
  const sockets: Socket[] = [];
  const server: Server = createServer().on('upgrade', (request, socket: Socket) => {
    sockets.push(socket);
    const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    socket.write(
      [
        'HTTP/1.1 101 Switching Protocols',
        ...['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Protocol: v5.channel.k8s.io'],
        `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}\r\n\r\n`,
      ].join('\r\n'),
    );
    let rest: Buffer = Buffer.alloc(0);
    const input = new Input();
    const send = (channel: number, data: Buffer) => void socket.write(frame(Buffer.from([channel]), data));
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (let next = unframed(rest); next !== null; next = unframed(rest)) {
        rest = next.rest;
        if (next.isClose) socket.end();
        else input.push(next.data.subarray(1));
      }
      script(input, send);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const config = new KubeConfig();
  const { port } = server.address() as AddressInfo;
  config.loadFromClusterAndUser(
    { name: 'c', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'u' },
  );
  try {
    await work(execShell({ config, namespace: 'ns' } as Connection, 30_000));
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

function frame(...parts: readonly Buffer[]): Buffer {
  const data = Buffer.concat(parts);
  const head = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(data.length, 6);
  return Buffer.concat([head, data]);
}

/** The first message of a client, whose bytes are masked; null where not all of it is there. */
function unframed(
  bytes: Buffer,
): { readonly isClose: boolean; readonly data: Buffer; readonly rest: Buffer } | null {
  const kind = (bytes[1] ?? 0) & 0x7f;
  const head = kind < 126 ? 2 : kind === 126 ? 4 : 10;
  if (bytes.length < head + 4) return null;
  const length = kind < 126 ? kind : kind === 126 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6);
  const start = head + 4;
  if (bytes.length < start + length) return null;
  const data = Buffer.from(bytes.subarray(start, start + length));
  for (let i = 0; i < length; i++) data[i] = (data[i] ?? 0) ^ (bytes[head + (i % 4)] ?? 0);
  return { isClose: ((bytes[0] ?? 0) & 0x0f) === 8, data, rest: bytes.subarray(start + length) };
}

/** As the shell in the container prints it behind what the script printed. */
const END = '\n= all was printed\n';
const success = Buffer.from(JSON.stringify({ status: 'Success' }));

/** Answers what it was given behind its script, when all of it is there, and closes. */
const echo: Script = (input, send) => {
  const [line = ''] = input.first.toString('latin1').split('\n', 1);
  const [script = 0, bytes = 0] = line.split(' ').map(Number);
  if (input.bytes < line.length + 1 + script + bytes) return;
  const answer = input.all().subarray(line.length + 1 + script);
  for (let at = 0; at < answer.length; at += 10_000) send(STDOUT, answer.subarray(at, at + 10_000));
  send(STDOUT, Buffer.from(END.slice(0, 3)));
  send(STDOUT, Buffer.from(END.slice(3)));
  send(STATUS, success);
};

test('input that is made while it is sent arrives, and so does the answer, in pieces', async () => {
  const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(10_007, i));
  const whole = Buffer.concat(pieces);
  await withServer(echo, async (shell) => {
    const input = { bytes: whole.length, chunks: () => pieces };
    const taken: Buffer[] = [];
    const answer = await shell.run(node, 'cat', [], input, (piece) => taken.push(Buffer.from(piece)));
    assert.equal(answer.length, 0);
    assert(taken.length > 10);
    assert(Buffer.concat(taken).equals(whole));
    assert((await shell.run(node, 'cat', [], whole)).equals(whole));
  });
});

test('no more input is made than the connection takes', async () => {
  const [total, size] = [1000, 64 * 1024];
  let made = 0;
  let ahead = 0;
  let isOver = false;
  const chunks = function* () {
    for (; made < total; made++) yield Buffer.alloc(size);
  };
  const slow: Script = (input, send) => {
    ahead = Math.max(ahead, made - Math.floor(input.bytes / size));
    if (isOver || made <= total / 2) return;
    isOver = true;
    send(STDOUT, Buffer.from(END));
    send(STATUS, success);
  };
  await withServer(slow, async (shell) => {
    await shell.run(node, 'cat', [], { bytes: total * size, chunks });
    // A mebibyte that waits, and what sockets hold.
    assert(ahead < total / 4, `${ahead} pieces were made ahead`);
    assert(made < total, 'and none once it is over');
  });
});

test('what is thrown where the answer is taken ends the run', async () => {
  const endless: Script = (_, send) => send(STDOUT, Buffer.alloc(100, 'x'));
  await withServer(endless, async (shell) => {
    const taking = shell.run(node, 'cat', [], Buffer.from('y'), () => {
      throw new Error('unexpected x');
    });
    await assert.rejects(taking, /unexpected x/);
  });
});

test('a script that succeeded, and of which not all output came, is a lost connection', async () => {
  for (const came of ['', 'some', `some${END.slice(0, -1)}`]) {
    const script: Script = (_, send) => {
      if (came !== '') send(STDOUT, Buffer.from(came));
      send(STATUS, success);
    };
    await withServer(script, async (shell) => {
      await assert.rejects(shell.run(node, 'true', []), {
        code: 'CONNECTION_CUT',
        message: /not all of its/,
      });
    });
  }
});

test('what a pod is given prints the mark behind a script that succeeds, and only then', () => {
  const [script, input] = ['cat; exit "$1"', 'a\0b'];
  const run = (status: string) =>
    spawnSync('sh', ['-c', BOOT, 'kassette', status], {
      input: `${script.length} ${input.length}\n${script}${input}`,
    });
  const [well, badly] = [run('0'), run('3')];
  assert.deepEqual([well.status, well.stdout.toString('latin1')], [0, input + END]);
  assert.deepEqual([badly.status, badly.stdout.toString('latin1')], [3, input]);
});

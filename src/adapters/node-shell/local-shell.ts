import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import type { Node } from '../../domain/cluster/topology.ts';
import { KassetteError } from '../../domain/errors.ts';
import type { NodeShell } from '../../ports/node-shell.ts';

/** A shell on this machine, for nodes whose files are here: the embedded cluster, or a Job that mounts a volume. */
export function localShell(timeoutMs = 600_000): NodeShell {
  return {
    async run(node, script, args, input = new Uint8Array()) {
      const child = spawn('sh', ['-c', script, 'kassette', ...args], {
        stdio: ['pipe', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      });
      const exited = new Promise<string>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (status, signal) => resolve(signal ?? String(status)));
      });
      // A script may end without reading all of its input; its exit status says why.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      const [status, output, stderr] = await Promise.all([
        exited,
        buffer(child.stdout),
        buffer(child.stderr),
      ]).catch((cause: unknown) => {
        throw failed(node, 'the shell could not be started', cause);
      });
      if (status !== '0')
        throw failed(node, `exit status ${status}: ${stderr.toString().trim().slice(-400)}`);
      return output;
    },
  };
}

function failed(node: Node, what: string, cause?: unknown): KassetteError {
  return new KassetteError(
    'NODE_SHELL',
    `A script on the files of ${node.name} failed: ${what}`,
    'Check the disk, the rights in the volume and that sh, coreutils and findutils are there; then run the command again.',
    { cause },
  );
}

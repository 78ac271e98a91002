import { BRIDGE, BRIDGE_ADDRESS, SERVICE_SUBNET } from '../places.ts';
import { attempt, run } from '../run.ts';

/** kube-proxy's chains, and the kubelet's: nothing else on a machine begins like this. */
const OURS = /^KUBE-/;

/** The bridge that carries the node's address and the pods: dummy links are not in every kernel. */
export async function createBridge(): Promise<void> {
  await run('ip', ['link', 'add', BRIDGE, 'address', '02:6b:62:00:00:01', 'type', 'bridge']);
  await run('ip', ['address', 'add', `${BRIDGE_ADDRESS}/16`, 'dev', BRIDGE]);
  await run('ip', ['link', 'set', BRIDGE, 'up']);
  // Without a route of its own, traffic to a service that has no rule yet would leave the machine.
  await run('ip', ['route', 'add', SERVICE_SUBNET, 'dev', BRIDGE, 'src', BRIDGE_ADDRESS]);
}

/** The bridge and the pods' ends on it. */
export async function removeBridge(): Promise<void> {
  const ends = await run('ip', ['-o', 'link', 'show', 'master', BRIDGE]).catch(() => '');
  for (const [, name] of ends.matchAll(/^\d+: ([^@:]+)/gm))
    await attempt('ip', ['link', 'delete', String(name)]);
  await attempt('ip', ['link', 'delete', BRIDGE]);
}

/** Takes kube-proxy's rules out, leaving every rule of the machine's own where it is. */
export async function removeRules(): Promise<void> {
  for (const family of ['iptables', 'ip6tables']) {
    const saved = await run(`${family}-save`, []).catch(() => '');
    const input = removalOf(saved);
    if (input !== '') await run(`${family}-restore`, ['--noflush'], { input });
  }
}

/** What `iptables-restore --noflush` has to read so that the saved rules' chains of ours are gone. */
export function removalOf(saved: string): string {
  return saved
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .map(tableRemoval)
    .join('');
}

function tableRemoval(table: string): string {
  const lines = table.split('\n');
  const chains = lines.map((line) => /^:(\S+)/.exec(line)?.[1]).filter((chain) => chain && OURS.test(chain));
  if (chains.length === 0) return '';
  const jumps = lines.filter((line) => /^-A (?!KUBE-).* -j KUBE-/.test(line));
  return [
    lines[0],
    // Naming a chain empties it, which has to come before any is deleted: they jump to each other.
    ...chains.map((chain) => `:${chain} - [0:0]`),
    ...jumps.map((jump) => jump.replace(/^-A/, '-D')),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}

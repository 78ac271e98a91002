import { promises as fs } from 'node:fs';
import { sep } from 'node:path';
import { entriesOf } from './entries.ts';

/**
 * A process of this machine that has files below the directory open or mapped, as far as this one may look; null where none
 * is seen. In a pod only the pod's own processes are seen: there the claim's users are asked for.
 */
export async function userOf(root: string): Promise<string | null> {
  const below = `${await fs.realpath(root)}${sep}`;
  for (const { name: pid } of await entriesOf('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid) || !(await uses(pid, below))) continue;
    const command = await fs.readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return `process ${pid} (${command.trim() || 'gone by now'})`;
  }
  return null;
}

async function uses(pid: string, below: string): Promise<boolean> {
  try {
    if ((await fs.readFile(`/proc/${pid}/maps`, 'utf8')).includes(` ${below}`)) return true;
    for (const fd of await fs.readdir(`/proc/${pid}/fd`)) {
      const target = await fs.readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (target.startsWith(below)) return true;
    }
  } catch {
    // Another user's process, or one that has ended: nothing is known of it.
  }
  return false;
}

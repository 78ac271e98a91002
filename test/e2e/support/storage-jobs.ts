import { setTimeout as pause } from 'node:timers/promises';
import type { StorageControl } from '../../../lab/dataset/load.ts';

const PATIENCE_MS = 600_000;
const LOOK_MS = 200;

/** Flush and compaction on all of these nodes, as jobs of their management APIs: a call that waits for the end is given up after 30 s. */
export function storageJobs(addresses: () => Promise<readonly string[]>): StorageControl {
  const run = async (path: string, body: object) => {
    const all = (await addresses()).map((address) => runJob(`http://${address}:8080/api`, path, body));
    await Promise.all(all);
  };
  return {
    flush: (keyspace, tables = []) =>
      run('v1/ops/tables/flush', keyspace === undefined ? {} : { keyspace_name: keyspace, tables }),
    compact: (keyspace, tables) =>
      run('v1/ops/tables/compact', {
        ...{ keyspace_name: keyspace, tables },
        ...{ split_output: false, user_defined: false },
      }),
  };
}

async function runJob(api: string, path: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const begun = await fetch(`${api}/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const id = await begun.text();
  if (!begun.ok) throw new Error(`${path} answered ${begun.status}: ${id}`);
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const asked = await fetch(`${api}/v0/ops/executor/job?job_id=${id}`);
    const { status, error } = (await asked.json()) as { status?: string; error?: string };
    if (status === 'COMPLETED') return;
    if (!asked.ok || status === 'ERROR')
      throw new Error(`${path} ended with ${asked.status} ${status}: ${error}`);
    if (Date.now() > end) throw new Error(`${path}: job ${id} is ${status} after ${PATIENCE_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

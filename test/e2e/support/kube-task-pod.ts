import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bed } from '../bed/bed.ts';
import type { Pod } from './blueprint-renderer.ts';

const SEPARATOR = '###Phase-output###:';
const PATIENCE_MS = 300_000;

const created = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) });
const output = z.object({ key: z.string(), value: z.string() });

/** Run a phase's pod as KubeTask does: create it, read its log to the end, wait for success, delete it. */
export async function runKubeTask(bed: Bed, pod: Pod): Promise<Readonly<Record<string, string>>> {
  const { metadata } = created.parse(
    JSON.parse(await bed.kubectl(['create', '-o', 'json', '-f', '-'], JSON.stringify(pod))),
  );
  const kubectl = (...args: readonly string[]) => bed.kubectl(['--namespace', metadata.namespace, ...args]);
  try {
    const phase = await ended(kubectl, metadata.name);
    const log = await kubectl('logs', metadata.name, '-c', pod.spec.containers[0]?.name ?? '');
    const outputs = outputsIn(log);
    if (phase !== 'Succeeded') throw new Error(`Pod ${metadata.name} ended as ${phase}:\n${log}`);
    return outputs;
  } finally {
    await kubectl('delete', 'pod', metadata.name, '--ignore-not-found', '--grace-period=0', '--wait=false');
  }
}

async function ended(
  kubectl: (...args: readonly string[]) => Promise<string>,
  name: string,
): Promise<string> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const phase = await kubectl('get', 'pod', name, '-o', 'jsonpath={.status.phase}');
    if (phase === 'Succeeded' || phase === 'Failed') return phase;
    if (Date.now() > end) throw new Error(`${name} did not end: ${await kubectl('describe', 'pod', name)}`);
    await sleep(300);
  }
}

/** What follows the separator in a line must be a pair, or the phase fails. */
export function outputsIn(log: string): Readonly<Record<string, string>> {
  const found = log
    .split('\n')
    .filter((line) => line.includes(SEPARATOR))
    .map((line) => line.slice(line.indexOf(SEPARATOR) + SEPARATOR.length).trim())
    .filter((text) => text !== '')
    .map((text) => output.parse(JSON.parse(text)));
  return Object.fromEntries(found.map(({ key, value }) => [key, value]));
}

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Bed } from '../../bed/bed.ts';
import type { Pod } from './blueprint-renderer.ts';

const SEPARATOR = '###Phase-output###:';
const PATIENCE_MS = 300_000;

const created = z.object({ metadata: z.object({ name: z.string(), namespace: z.string() }) });
const output = z.object({ key: z.string(), value: z.string() });

/** Kanister's controller has died: nothing that it was doing is brought to an end, by it or by the one that is started next. */
export class ControllerDied extends Error {}

/**
 * Run a phase's pod as KubeTask does: create it, read its log to the end, wait for success, delete it. A controller that dies
 * (`dies`) leaves the pod in its namespace, where it goes on to its end.
 */
export async function runKubeTask(
  bed: Pick<Bed, 'kubectl'>,
  pod: Pod,
  dies?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { metadata } = created.parse(
    JSON.parse(await bed.kubectl(['create', '-o', 'json', '-f', '-'], { input: JSON.stringify(pod) })),
  );
  const kubectl = (...args: readonly string[]) => bed.kubectl(['--namespace', metadata.namespace, ...args]);
  const remove = () =>
    kubectl('delete', 'pod', metadata.name, '--ignore-not-found', '--grace-period=0', '--wait=false');
  try {
    const phase = await ended(kubectl, metadata.name, dies);
    const log = await kubectl('logs', metadata.name, '-c', pod.spec.containers[0]?.name ?? '');
    const outputs = outputsIn(log);
    if (!phase.startsWith('Succeeded')) throw new Error(`Pod ${metadata.name} ended as ${phase}:\n${log}`);
    await remove();
    return outputs;
  } catch (error) {
    if (!(error instanceof ControllerDied)) await remove();
    throw error;
  }
}

async function ended(
  kubectl: (...args: readonly string[]) => Promise<string>,
  name: string,
  dies: AbortSignal | undefined,
): Promise<string> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    if (dies?.aborted) throw new ControllerDied(`Kanister's controller died while pod ${name} ran`);
    // With the reason: a deadline (DeadlineExceeded) says nothing else.
    const phase = await kubectl('get', 'pod', name, '-o', 'jsonpath={.status.phase} {.status.reason}');
    if (/^(Succeeded|Failed)/.test(phase)) return phase.trim();
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

import { setTimeout as sleep } from 'node:timers/promises';
import type { CliRun } from '../../../../lab/cli.ts';
import { commandPod } from '../../../../src/packaging/command-pod.ts';
import type { Bed } from '../../bed/bed.ts';
import { KASSETTE_IMAGE } from './kassette-image.ts';

/** A recovery stops and starts a datacenter. */
const PATIENCE_MS = 600_000;
let number = 0;

export function nextPodName(): string {
  return `kassette-${process.pid}-${++number}`;
}

/** Run a command as a pod of its own and remove it. Its log has both outputs; the result as JSON is the last line. */
export async function kassettePod(
  bed: Bed,
  namespace: string,
  args: readonly string[],
  name = nextPodName(),
): Promise<CliRun> {
  const started = performance.now();
  const kubectl = (...more: readonly string[]) => bed.kubectl(['--namespace', namespace, ...more]);
  const pod = commandPod({ name, namespace, image: KASSETTE_IMAGE, args: [...args] });
  await bed.apply([{ ...pod, spec: { ...pod.spec, containers: [neverPulled(pod.spec.containers[0])] } }]);
  try {
    const status = await exitStatus(kubectl, name);
    const log = (await kubectl('logs', name)).trimEnd().split('\n');
    const json = log.findLast((line) => line.startsWith('{"kassette"')) ?? '';
    const seconds = (performance.now() - started) / 1000;
    return { status, stdout: json, stderr: log.filter((l) => l !== json).join('\n'), seconds, rssMb: 0 };
  } finally {
    await kubectl('delete', 'pod', name, '--ignore-not-found', '--grace-period=1');
  }
}

function neverPulled(container: object | undefined): object {
  return { ...container, imagePullPolicy: 'Never' };
}

async function exitStatus(kubectl: (...args: readonly string[]) => Promise<string>, name: string) {
  const end = Date.now() + PATIENCE_MS;
  const path = 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}';
  while (Date.now() < end) {
    // To be told costs less than to ask again and again. Where the API server is restarted meanwhile, nobody tells.
    await kubectl('wait', `pod/${name}`, `--for=${path}`, '--timeout=60s').catch(() => sleep(300));
    const code = await kubectl('get', 'pod', name, '-o', path);
    if (code !== '') return Number(code);
  }
  throw new Error(`Pod ${name} did not end: ${await kubectl('describe', 'pod', name)}`);
}

import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kubeconfigOf, type Places } from '../places.ts';
import { run } from '../run.ts';
import { kubernetesProgram } from './programs.ts';

/** An API server that is started again is back within seconds. */
const PATIENCE_MS = 60_000;
const AWAY =
  /connection to the server .* was refused|connection refused|unexpected EOF|connection reset|handshake timeout/;

export interface KubectlOptions {
  /** What it reads. */
  readonly input?: string;
  readonly timeoutMs?: number;
}

/** Runs kubectl as admin and gives what it printed; again while the API server is away. */
export async function kubectl(
  places: Places,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<string> {
  const common = [
    `--kubeconfig=${kubeconfigOf(places, 'admin')}`,
    `--cache-dir=${join(places.directory, 'kubectl-cache')}`,
  ];
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await run(kubernetesProgram(places, 'kubectl'), [...common, ...args], options);
    } catch (error) {
      if (!(error instanceof Error && AWAY.test(error.message)) || Date.now() > end) throw error;
    }
    await pause(500);
  }
}

/** Server-side: the operator's definitions are too large for the annotation of a client-side apply. */
export async function apply(places: Places, objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(places, [...APPLY, '-f', '-'], { input: JSON.stringify(list) });
}

export const APPLY: readonly string[] = [
  'apply',
  '--server-side',
  '--force-conflicts',
  '--field-manager=bed',
];

import { join } from 'node:path';
import { binary } from './binaries.ts';
import { kubeconfigOf, type Places } from './places.ts';
import { run } from './run.ts';

/** Runs kubectl as admin and gives what it printed. */
export function kubectl(places: Places, args: readonly string[], input?: string): Promise<string> {
  const common = [
    `--kubeconfig=${kubeconfigOf(places, 'admin')}`,
    `--cache-dir=${join(places.directory, 'kubectl-cache')}`,
  ];
  return run(binary('kubernetes', 'kubectl'), [...common, ...args], input === undefined ? {} : { input });
}

/** Server-side: the operator's definitions are too large for the annotation of a client-side apply. */
export async function apply(places: Places, objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(places, [...APPLY, '-f', '-'], JSON.stringify(list));
}

export const APPLY: readonly string[] = [
  'apply',
  '--server-side',
  '--force-conflicts',
  '--field-manager=bed',
];

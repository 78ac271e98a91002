import assert from 'node:assert/strict';
import { parseAllDocuments } from 'yaml';
import { type CliRun, type mustRunProgram, resultOf, runProgram } from '../../../../lab/cli.ts';
import * as results from '../../../../lab/results.ts';
import { pausedAt, type StoppedRun } from '../../../cluster/support/stopped-run.ts';
import type { TestDatacenter } from '../datacenter.ts';
import { kassettePod } from './kassette-pod.ts';

/** Where the commands run. */
export interface Runner {
  run(args: readonly string[]): Promise<CliRun>;
}

/** One on this machine, which can be held still. */
export interface NearRunner extends Runner {
  pausedAt(step: string, args: readonly string[], work: () => Promise<unknown>): Promise<StoppedRun>;
}

/** On this machine with the admin's kubeconfig, reaching the nodes through tunnels unless `options` say otherwise. */
export function outside(
  { bed, namespace }: TestDatacenter,
  kubeconfig = bed.kubeconfig,
  ...options: readonly string[]
): NearRunner {
  const all = ['--kubeconfig', kubeconfig, '--namespace', namespace, ...options];
  return {
    run: (args) => runProgram([...args, ...all]),
    pausedAt: (step, args, work) => pausedAt(step, [...args, ...all], work),
  };
}

/**
 * As a pod with the generated service account, and no other rights: in its namespace, to the secrets that the datacenters there name.
 * @param options of `kassette rbac`, for others
 */
export async function inPods(datacenter: TestDatacenter, ...options: readonly string[]): Promise<Runner> {
  const { bed, namespace } = datacenter;
  const { status, stdout, stderr } = await outside(datacenter).run(['rbac', ...options]);
  if (status !== 0) throw new Error(stderr);
  assert.equal(/^warning: .* every namespace/m.test(stderr), options.includes('--cluster-wide'), stderr);
  await bed.apply(parseAllDocuments(stdout).map((d) => d.toJS() as object));
  return { run: (args) => kassettePod(bed, namespace, args) };
}

export const beforeBackup = (runner: Runner, ...args: readonly string[]) =>
  must(runner, ['before-backup', ...args], results.beforeBackupResult);
export const afterBackup = (runner: Runner, ...args: readonly string[]) =>
  must(runner, ['after-backup', ...args], results.afterBackupResult);
export const beforeRestore = (runner: Runner, ...args: readonly string[]) =>
  must(runner, ['before-restore', ...args], results.beforeRestoreResult);
export const afterRestore = (runner: Runner, ...args: readonly string[]) =>
  must(runner, ['after-restore', ...args], results.afterRestoreResult);

async function must<T>(
  runner: Runner,
  args: readonly string[],
  result: Parameters<typeof mustRunProgram<T>>[1],
): Promise<T> {
  const run = await runner.run([...args, '--output', 'json']);
  if (run.status !== 0) throw new Error(`kassette ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return resultOf(run.stdout, result);
}

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const PROGRAMS = new Set([
  'cass-operator',
  'cmd',
  'containerd',
  'containerd-shim-runc-v2',
  'coredns',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubelet',
]);

/**
 * The processes of the bed in that directory: programs of the bed that name a place in it. Found by looking at all, since
 * a run that was killed may not have come to writing a pid file, and containerd's shims have none.
 */
export function bedProcesses(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => belongs(commandLine(pid), directory));
}

function belongs(command: readonly string[], directory: string): boolean {
  return (
    PROGRAMS.has(basename(command[0] ?? '')) && command.some((argument) => argument.includes(`${directory}/`))
  );
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

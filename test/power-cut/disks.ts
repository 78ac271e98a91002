import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/*
 * File systems in files, mounted through loop devices. What is in such a file is what has been written back: of a mounted file system it
 * is what a power cut at this moment leaves. Whoever uses it has a mount namespace of its own, with which all mounts and loop devices go.
 */

export type Kind = 'ext4' | 'xfs';

/** Nothing is written back for ten minutes but what is synced. XFS keeps its log back for half a minute at most. */
const MAKE: Readonly<Record<Kind, (image: string) => readonly (readonly string[])[]>> = {
  ext4: (image) => [
    ['truncate', '-s', '16M', image],
    ['mkfs.ext4', '-q', '-b', '1024', '-J', 'size=1', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image],
  ],
  xfs: (image) => [
    ['truncate', '-s', '320M', image],
    ['mkfs.xfs', '-q', image],
  ],
};
const OPTIONS: Readonly<Record<Kind, string>> = {
  ext4: 'loop,noatime,commit=600,noauto_da_alloc',
  // Copies of it are mounted beside it.
  xfs: 'loop,noatime,nouuid',
};

/** Kinds that this machine can make. */
export function kinds(): readonly Kind[] {
  const kernel = run('cat', '/proc/filesystems');
  return (['ext4', 'xfs'] as const).filter(
    (kind) =>
      new RegExp(`\\t${kind}$`, 'm').test(kernel) &&
      spawnSync('sh', ['-c', `command -v mkfs.${kind}`]).status === 0,
  );
}

export function makeDisk(kind: Kind, image: string): void {
  for (const [command = '', ...args] of MAKE[kind](image)) run(command, ...args);
}

export function mount(kind: Kind, image: string, where: string): void {
  mkdirSync(where, { recursive: true });
  run('mount', '-t', kind, '-o', OPTIONS[kind], image, where);
}

export function bind(directory: string, where: string): void {
  mkdirSync(where, { recursive: true });
  run('mount', '--bind', directory, where);
}

/** With all that is mounted below it. */
export function unmount(where: string): void {
  run('umount', '-R', where);
}

export function run(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

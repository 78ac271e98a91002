import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { processesIn } from '../../e2e/bed/machine/cgroups.ts';
import { bedProcesses } from '../../e2e/bed/machine/process-scan.ts';
import { end, runningPid, start } from '../../e2e/bed/machine/processes.ts';
import { placesIn } from '../../e2e/bed/places.ts';

// The number in a pid file may belong to another process by now, or to a thread of one: nothing is signalled for its number alone.

const directory = mkdtempSync(join(tmpdir(), 'kassette-bed-processes-'));
const places = placesIn(directory);
const strangers: ChildProcess[] = [];
after(() => {
  for (const child of strangers) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

/** Names a place of the bed on its command line, as every program of the bed does. */
const SLEEPER = {
  name: 'sleeper',
  command: process.execPath,
  args: ['-e', 'setInterval(() => {}, 1e6); console.log()'],
};

const program = { ...SLEEPER, args: [...SLEEPER.args, join(directory, 'configuration')] };
const pidFile = join(places.pids, 'sleeper.pid');

/** Another process that names the directory, as containerd does when etcd's pid file is old. */
async function stranger(): Promise<number> {
  const child = spawn(program.command, [...program.args], { stdio: ['ignore', 'pipe', 'ignore'] });
  strangers.push(child);
  // Its threads are there, too.
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

/** One that has ended may wait to be reaped by this process. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** The pid file as the bed wrote it for its own program, with another number in it. */
function renumber(pid: number): void {
  writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(pid)));
}

test('a program that was started is found by its pid file, and ended', async () => {
  start(places, program);
  const pid = runningPid(places, 'sleeper');
  assert.ok(pid !== undefined && isAlive(pid));
  await end(places, 'sleeper', 5_000);
  assert.ok(!isAlive(pid));
});

test('a number that another process of the same directory has by now is not signalled', async () => {
  const other = await stranger();
  start(places, program);
  const own = runningPid(places, 'sleeper') ?? 0;
  renumber(other);
  assert.equal(runningPid(places, 'sleeper'), undefined);
  await end(places, 'sleeper', 0);
  assert.ok(isAlive(other));
  process.kill(own, 'SIGKILL');
});

test('nor is a number that is a thread of such a process', async () => {
  const other = await stranger();
  const thread = readdirSync(`/proc/${other}/task`).find((id) => Number(id) !== other);
  assert.ok(thread !== undefined);
  start(places, program);
  const own = runningPid(places, 'sleeper') ?? 0;
  renumber(Number(thread));
  assert.equal(runningPid(places, 'sleeper'), undefined);
  await end(places, 'sleeper', 0);
  assert.ok(isAlive(other));
  process.kill(own, 'SIGKILL');
});

test('a pid file without the time of the start names no process', async () => {
  start(places, program);
  const own = runningPid(places, 'sleeper') ?? 0;
  writeFileSync(pidFile, `${own}\n`);
  assert.equal(runningPid(places, 'sleeper'), undefined);
  process.kill(own, 'SIGKILL');
});

test('a process that only names the directory is none of the bed; one in a cgroup without a number here is not signalled', async () => {
  assert.ok(!bedProcesses(directory).includes(await stranger()));
  const cgroup = mkdtempSync(join(directory, 'cgroup-'));
  // What the kernel writes for a process of another PID namespace: as a number to signal it would be this process's whole group.
  writeFileSync(join(cgroup, 'cgroup.procs'), '0\n12\n');
  assert.deepEqual(processesIn(cgroup), [12]);
});
